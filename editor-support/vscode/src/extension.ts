import * as vscode from 'vscode';
import { Server } from './server';
import { registerTasks } from './tasks';
import { registerTesting } from './testing';

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const server = new Server();
  context.subscriptions.push(
    server,
    vscode.commands.registerCommand('kpi.restartServer', () => server.restart()),
    vscode.commands.registerCommand('kpi.showOutput', () => {
      server.showLog();
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(() => server.start()),
  );
  registerTasks(context);
  registerTesting(context);
  await server.start();
}
