// The language server: starting, settings, what code lenses run, documents that only the server has: the standard library
// and the pages behind the codes of diagnostics.
import * as vscode from 'vscode';
import { LanguageClient, type LanguageClientOptions, type ServerOptions } from 'vscode-languageclient/node';
import { runProgram } from './program';
import { settingsFor } from './settings';

/** Schemes of the server's own documents, and the request that gives their text. */
const DOCUMENTS: Readonly<Record<string, { readonly request: string; readonly language: string }>> = {
  'kpi-std': { request: 'kpi/standardLibrary', language: 'kpi' },
  'kpi-doc': { request: 'kpi/page', language: 'markdown' },
};

interface CommandResult {
  readonly ok: boolean;
  readonly text: string;
}

export class Server implements vscode.Disposable {
  private client: LanguageClient | undefined;
  private readonly log = vscode.window.createOutputChannel('KPI Language Server');
  private readonly results = vscode.window.createOutputChannel('KPI', 'plaintext');
  private readonly parts: vscode.Disposable[] = [];

  constructor() {
    this.parts.push(
      this.log,
      this.results,
      ...Object.keys(DOCUMENTS).map((scheme) =>
        vscode.workspace.registerTextDocumentContentProvider(scheme, { provideTextDocumentContent: (uri) => this.documentText(uri) }),
      ),
      vscode.workspace.onDidOpenTextDocument((document) => {
        const kind = DOCUMENTS[document.uri.scheme];
        if (kind) void vscode.languages.setTextDocumentLanguage(document, kind.language);
      }),
      vscode.workspace.onDidChangeConfiguration(async (event) => {
        if (event.affectsConfiguration('kpi.path')) await this.restart();
        else if (event.affectsConfiguration('kpi')) await this.sendSettings();
      }),
    );
  }

  async start(): Promise<void> {
    if (this.client || !vscode.workspace.isTrusted) return;
    const { program } = settingsFor();
    const version = await runProgram(program, ['--version']);
    if (version.status !== 0) {
      await this.programMissing(program);
      return;
    }
    const run: ServerOptions = { command: program, args: ['lsp'] };
    const options: LanguageClientOptions = {
      documentSelector: [{ scheme: 'file', language: 'kpi' }, { scheme: 'untitled', language: 'kpi' }],
      outputChannel: this.log,
      // The snippets are VS Code's own, from the same file.
      initializationOptions: { ...serverSettings(), snippets: false },
      synchronize: { fileEvents: ['**/*.{kpi,csv}', '**/kpi.{toml,lock}', '**/*baseline*.json'].map((pattern) => vscode.workspace.createFileSystemWatcher(pattern)) },
      middleware: {
        // What the server's commands answer is for people.
        executeCommand: async (command, words, next) => {
          const result = (await next(command, command === 'kpi.previewScorecard' ? withSettings(words) : words)) as CommandResult | undefined;
          if (result) this.show(command, words, result);
          return result as unknown;
        },
      },
    };
    this.client = new LanguageClient('kpi', 'KPI Language Server', run, options);
    await this.client.start();
  }

  async restart(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    if (client) await client.dispose();
    await this.start();
  }

  showLog(): void {
    this.log.show(true);
  }

  dispose(): void {
    void this.client?.dispose();
    for (const part of this.parts) part.dispose();
  }

  private async sendSettings(): Promise<void> {
    await this.client?.sendNotification('workspace/didChangeConfiguration', { settings: { kpi: serverSettings() } });
  }

  private async documentText(uri: vscode.Uri): Promise<string> {
    const kind = DOCUMENTS[uri.scheme];
    const answer = kind && (await this.client?.sendRequest<{ text: string }>(kind.request, { uri: uri.toString(true) }));
    return answer?.text ?? '';
  }

  private show(command: string, words: readonly unknown[], result: CommandResult): void {
    const name = typeof words[1] === 'string' ? words[1] : command;
    if (result.text === '') {
      void vscode.window.showInformationMessage(vscode.l10n.t('Passed: {0}', name));
      return;
    }
    this.results.clear();
    this.results.append(result.text);
    this.results.show(true);
    if (!result.ok) void vscode.window.showWarningMessage(vscode.l10n.t('{0}: see the output', name));
  }

  private async programMissing(program: string): Promise<void> {
    const settings = vscode.l10n.t('Open Settings');
    const message = vscode.l10n.t('The program `{0}` could not be started. Build it with ./demo in the kpi-lang folder, or set its path.', program);
    if ((await vscode.window.showErrorMessage(message, settings)) === settings) {
      await vscode.commands.executeCommand('workbench.action.openSettings', 'kpi.path');
    }
  }
}

/** A preview takes the database and the period of the folder that the policy is in, where there are several. */
function withSettings(words: readonly unknown[]): unknown[] {
  const [uri, scorecard, ...more] = words;
  if (typeof uri !== 'string' || more.length > 0) return [...words];
  const { database, period } = settingsFor(vscode.Uri.parse(uri));
  return [uri, scorecard, database, period];
}

function serverSettings(): { language: string; database: string; period: string } {
  const { language, database, period } = settingsFor();
  return { language, database, period };
}
