import * as vscode from 'vscode';
import { absolutePath, languageOf, type Language } from './program';

export interface Settings {
  readonly program: string;
  readonly language: Language;
  /** Absolute, or empty. */
  readonly database: string;
  readonly period: string;
}

/** The settings in force for a file, or for the first workspace folder. */
export function settingsFor(uri?: vscode.Uri): Settings {
  const settings = vscode.workspace.getConfiguration('kpi', uri);
  const folder = (uri && vscode.workspace.getWorkspaceFolder(uri)) ?? vscode.workspace.workspaceFolders?.[0];
  return {
    program: settings.get<string>('path', 'kpi').trim() || 'kpi',
    language: languageOf(settings.get<string>('language', 'auto'), vscode.env.language),
    database: absolutePath(settings.get<string>('database', '').trim(), folder?.uri.fsPath),
    period: settings.get<string>('period', '').trim(),
  };
}
