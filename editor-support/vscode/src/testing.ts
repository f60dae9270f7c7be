// The test view: the tests that policies of the workspace declare, run by `kpi test --format json`.
import * as path from 'node:path';
import * as vscode from 'vscode';
import { runProgram, testRunOf, testsIn, type Failure, type Outcome, type Place } from './program';
import { settingsFor } from './settings';

const position = (place: Place): vscode.Position => new vscode.Position(place.line, place.character);

function messageOf(failure: Failure, folder: string): vscode.TestMessage {
  const message = new vscode.TestMessage(failure.message);
  if (failure.file) {
    const range = new vscode.Range(position(failure.start), position(failure.end));
    message.location = new vscode.Location(vscode.Uri.file(path.resolve(folder, failure.file)), range);
  }
  return message;
}

/** What the window of test results shows; terminals want both characters at the end of a line. */
function reportOf(outcome: Outcome): string {
  const lines = [`${outcome.passed ? '✓' : '✗'} ${outcome.name}`, ...outcome.failures.map((failure) => `    ${failure.start.line + 1}: ${failure.message.replace(/\n/g, '\n    ')}`)];
  return lines.join('\n').replace(/\n/g, '\r\n') + '\r\n';
}

export function registerTesting(context: vscode.ExtensionContext): void {
  const controller = vscode.tests.createTestController('kpi', 'KPI');
  context.subscriptions.push(controller);

  const forget = (uri: vscode.Uri): void => {
    controller.items.delete(uri.toString());
  };
  const update = (uri: vscode.Uri, text: string): void => {
    const tests = testsIn(text);
    if (tests.length === 0) {
      forget(uri);
      return;
    }
    const file = controller.items.get(uri.toString()) ?? controller.createTestItem(uri.toString(), vscode.workspace.asRelativePath(uri), uri);
    file.children.replace(
      tests.map((test) => {
        const item = controller.createTestItem(`${uri.toString()}#${test.name}`, test.name, uri);
        item.range = new vscode.Range(position(test.start), position(test.end));
        return item;
      }),
    );
    controller.items.add(file);
  };
  const read = async (uri: vscode.Uri): Promise<void> => {
    update(uri, new TextDecoder().decode(await vscode.workspace.fs.readFile(uri)));
  };

  const runFile = async (run: vscode.TestRun, file: vscode.TestItem, tests: readonly vscode.TestItem[], stop: AbortSignal): Promise<void> => {
    const uri = file.uri;
    if (!uri) return;
    await vscode.workspace.textDocuments.find((each) => each.uri.toString() === uri.toString() && each.isDirty)?.save();
    const { program, language } = settingsFor(uri);
    const folder = path.dirname(uri.fsPath);
    for (const test of tests) run.started(test);
    const begun = Date.now();
    const ended = await runProgram(program, ['test', uri.fsPath, '--format', 'json', '--lang', language], folder, stop);
    const failAll = (messages: vscode.TestMessage[]): void => {
      for (const test of tests) run.errored(test, messages);
    };
    try {
      const { outcomes, problems } = testRunOf(ended.output);
      if (outcomes.length === 0 && problems.length > 0) {
        failAll(problems.map((problem) => messageOf(problem, folder)));
        return;
      }
      for (const test of tests) {
        const outcome = outcomes.find((each) => each.name === test.label);
        if (outcome) run.appendOutput(reportOf(outcome), undefined, test);
        if (!outcome) run.skipped(test);
        else if (outcome.passed) run.passed(test, (Date.now() - begun) / Math.max(1, outcomes.length));
        else run.failed(test, outcome.failures.map((failure) => messageOf(failure, folder)));
      }
    } catch {
      const said = (ended.errors || ended.output).trim();
      failAll([new vscode.TestMessage(said || vscode.l10n.t('`{0} test` ended with status {1}', program, ended.status))]);
    }
  };

  const runTests = async (request: vscode.TestRunRequest, token: vscode.CancellationToken): Promise<void> => {
    const run = controller.createTestRun(request);
    const stop = new AbortController();
    token.onCancellationRequested(() => {
      stop.abort();
    });
    const files = new Map<vscode.TestItem, vscode.TestItem[]>();
    const excluded = new Set(request.exclude ?? []);
    const add = (item: vscode.TestItem): void => {
      if (excluded.has(item)) return;
      if (item.parent) files.set(item.parent, [...(files.get(item.parent) ?? []), item]);
      else item.children.forEach(add);
    };
    if (request.include) request.include.forEach(add);
    else controller.items.forEach(add);
    for (const [file, tests] of files) {
      if (token.isCancellationRequested) break;
      await runFile(run, file, tests, stop.signal);
    }
    run.end();
  };

  controller.createRunProfile('kpi test', vscode.TestRunProfileKind.Run, runTests, true);
  controller.refreshHandler = async () => {
    for (const uri of await vscode.workspace.findFiles('**/*.kpi')) await read(uri);
  };
  controller.resolveHandler = async (item) => {
    if (!item) await controller.refreshHandler?.(new vscode.CancellationTokenSource().token);
  };

  const watcher = vscode.workspace.createFileSystemWatcher('**/*.kpi');
  const changed = (document: vscode.TextDocument): void => {
    if (document.languageId === 'kpi' && document.uri.scheme === 'file') update(document.uri, document.getText());
  };
  context.subscriptions.push(
    watcher,
    watcher.onDidCreate(read),
    watcher.onDidChange(read),
    watcher.onDidDelete(forget),
    vscode.workspace.onDidOpenTextDocument(changed),
    vscode.workspace.onDidChangeTextDocument((event) => {
      changed(event.document);
    }),
  );
  vscode.workspace.textDocuments.forEach(changed);
}
