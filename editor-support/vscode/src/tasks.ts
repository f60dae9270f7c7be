// Commands of the palette and tasks of tasks.json: both run `kpi` in a terminal, with its problems collected.
import * as path from 'node:path';
import * as vscode from 'vscode';
import { Output } from './output';
import { argumentsOf, isPeriod, type Choices, type Command } from './program';
import { settingsFor } from './settings';

const MATCHERS = ['$kpi', '$kpi-error-zh', '$kpi-warning-zh', '$kpi-info-zh'];
/** What prints findings line by line; the others show tables, in colours. */
const COLLECTED: readonly Command[] = ['check', 'lint', 'test'];
const COMMANDS: readonly Command[] = ['check', 'lint', 'analyze', 'test', 'fmt', 'run', 'explain', 'data'];

interface Definition extends vscode.TaskDefinition {
  readonly command: Command;
  readonly file?: string;
  readonly arguments?: string[];
}

function taskOf(definition: Definition, uri: vscode.Uri, choices: Choices): vscode.Task {
  const folder = vscode.workspace.getWorkspaceFolder(uri);
  const words = argumentsOf(definition.command, uri.fsPath, choices);
  const { program } = settingsFor(uri);
  const cwd = folder?.uri.fsPath ?? path.dirname(uri.fsPath);
  const execution = COLLECTED.includes(definition.command)
    ? new vscode.CustomExecution(() => Promise.resolve(new Output(program, words, cwd)))
    : new vscode.ProcessExecution(program, words, { cwd });
  const task = new vscode.Task(definition, folder ?? vscode.TaskScope.Workspace, `${definition.command} ${path.basename(uri.fsPath)}`, 'kpi', execution, MATCHERS);
  task.presentationOptions = { clear: true, reveal: vscode.TaskRevealKind.Always };
  if (definition.command === 'test') task.group = vscode.TaskGroup.Test;
  return task;
}

/** What tells tasks apart: without its file, `Rerun Last Task` would take the file of the active editor. */
function definitionOf(command: Command, uri: vscode.Uri): Definition {
  const folder = vscode.workspace.getWorkspaceFolder(uri);
  return { type: 'kpi', command, file: folder ? path.relative(folder.uri.fsPath, uri.fsPath) : uri.fsPath };
}

/** The file that a task of tasks.json names, in its folder or absolute; else that of the active editor. */
function fileOf(definition: Definition, folder: vscode.Uri | undefined): vscode.Uri | undefined {
  if (definition.file === undefined) return vscode.window.activeTextEditor?.document.uri;
  if (path.isAbsolute(definition.file)) return vscode.Uri.file(definition.file);
  return folder && vscode.Uri.joinPath(folder, definition.file);
}

/** The file that a command is meant for: the one clicked on, or that of the active editor, saved. */
async function savedFile(clicked: unknown): Promise<vscode.Uri | undefined> {
  const uri = clicked instanceof vscode.Uri ? clicked : vscode.window.activeTextEditor?.document.uri;
  if (!uri?.path.endsWith('.kpi')) {
    void vscode.window.showWarningMessage(vscode.l10n.t('Open a policy (*.kpi) first.'));
    return undefined;
  }
  const document = vscode.workspace.textDocuments.find((each) => each.uri.toString() === uri.toString());
  if (document?.isDirty && !(await document.save())) return undefined;
  return uri;
}

async function askDatabase(): Promise<string | undefined> {
  const chosen = await vscode.window.showOpenDialog({
    title: vscode.l10n.t('The SQLite file with the data'),
    openLabel: vscode.l10n.t('Use'),
    filters: { SQLite: ['db', 'sqlite', 'sqlite3'] },
  });
  return chosen?.[0]?.fsPath;
}

function askPeriod(): Thenable<string | undefined> {
  return vscode.window.showInputBox({
    title: vscode.l10n.t('The period'),
    prompt: vscode.l10n.t('Such as 2026-07, 2026-Q3, 2026-W27 or 2026-01..2026-12'),
    validateInput: (text) => (isPeriod(text) ? undefined : vscode.l10n.t('This is not a period.')),
  });
}

/** What a command needs besides the file; undefined when the person gave up. */
async function choicesFor(command: Command, uri: vscode.Uri): Promise<Choices | undefined> {
  const settings = settingsFor(uri);
  const choices = { language: settings.language };
  if (command !== 'run' && command !== 'explain') return choices;
  const database = settings.database || (await askDatabase());
  if (!database) return undefined;
  const period = settings.period || (await askPeriod());
  if (!period) return undefined;
  if (command === 'run') return { ...choices, database, period };
  const entity = await vscode.window.showInputBox({
    title: vscode.l10n.t('Whose score?'),
    prompt: vscode.l10n.t('The key, such as h1'),
  });
  return entity ? { ...choices, database, period, entity } : undefined;
}

async function execute(command: Command, clicked: unknown): Promise<void> {
  const uri = await savedFile(clicked);
  if (!uri) return;
  const choices = await choicesFor(command, uri);
  if (choices) await vscode.tasks.executeTask(taskOf(definitionOf(command, uri), uri, choices));
}

export function registerTasks(context: vscode.ExtensionContext): void {
  for (const command of ['check', 'lint', 'analyze', 'run', 'explain', 'test'] as const) {
    context.subscriptions.push(vscode.commands.registerCommand(`kpi.${command}`, (clicked: unknown) => execute(command, clicked)));
  }
  context.subscriptions.push(
    vscode.tasks.registerTaskProvider('kpi', {
      provideTasks: () => {
        const uri = vscode.window.activeTextEditor?.document.uri;
        if (!uri?.path.endsWith('.kpi') || uri.scheme !== 'file') return [];
        const choices = { language: settingsFor(uri).language };
        return (['check', 'lint', 'analyze', 'test'] as const).map((command) => taskOf(definitionOf(command, uri), uri, choices));
      },
      resolveTask: (task) => {
        const definition = task.definition as Definition;
        const folder = typeof task.scope === 'object' ? task.scope.uri : vscode.workspace.workspaceFolders?.[0]?.uri;
        const uri = fileOf(definition, folder);
        if (!uri || !COMMANDS.includes(definition.command)) return undefined;
        const { language, database, period } = settingsFor(uri);
        const more = definition.arguments ?? [];
        // What the task says itself comes before the settings.
        const resolved = taskOf(definition, uri, {
          language,
          database: more.includes('--data') ? undefined : database,
          period: more.includes('--period') ? undefined : period,
          more,
        });
        return resolved;
      },
    }),
  );
}
