// Runs inside VS Code's test host, beside the extension as it is installed from its .vsix: every feature is asked for through
// VS Code's own interface, as its windows do, on a copy of the bundled policy with Chinese names. `../session.mjs` starts it;
// the folder of the workspace holds uk_live_hosts.kpi and shop.db.
const assert = require('node:assert/strict');
const fs = require('node:fs/promises');
const path = require('node:path');
const vscode = require('vscode');

const command = (name, ...words) => vscode.commands.executeCommand(name, ...words);
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const folder = () => vscode.workspace.workspaceFolders[0].uri;

async function until(what, condition, seconds = 20) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(50)) {
    const result = await condition();
    if (result) return result;
  }
  throw new Error(`waited in vain: ${what}`);
}

/** Asks the browser for a picture of the window as it is now. */
async function picture(name, wait = 700) {
  await sleep(wait);
  const note = path.join(folder().fsPath, '.pictures', name);
  await fs.writeFile(`${note}.wanted`, '');
  await until(`a picture of ${name}`, () => fs.access(`${note}.done`).then(() => true, () => false));
}

/** Lets the browser press keys in the window: single keys by their names (`Enter`), everything else letter by letter; `proposals` waits for their list. */
async function keys(name, wait, ...words) {
  await sleep(wait);
  const note = path.join(folder().fsPath, '.pictures', name);
  await fs.writeFile(`${note}.part`, JSON.stringify(words));
  await fs.rename(`${note}.part`, `${note}.keys`);
  await until(`keys of ${name}`, () => fs.access(`${note}.done`).then(() => true, () => false), 60);
  await sleep(500);
}

exports.run = async function run() {
  const lines = [];
  let passed = 0;
  let failed = 0;
  const said = () => fs.writeFile(path.join(folder().fsPath, '.pictures', 'so-far.txt'), `${lines.join('\n')}\n`);
  const check = async (what, action, after = async () => undefined) => {
    try {
      await action();
      passed += 1;
      lines.push(`ok ${what}`);
    } catch (error) {
      failed += 1;
      lines.push(`FAILED ${what}: ${error.stack}`);
    }
    await after().catch((error) => lines.push(`after ${what}: ${error.stack}`));
    await said();
  };

  const uri = vscode.Uri.joinPath(folder(), 'uk_live_hosts.kpi');
  const document = await vscode.workspace.openTextDocument(uri);
  const editor = await vscode.window.showTextDocument(document);
  const original = document.getText();
  const at = (before, word = '', inside = 0) => {
    const from = document.getText().indexOf(before);
    assert.ok(from >= 0, `no \`${before}\``);
    const begin = word === '' ? from + before.length : document.getText().indexOf(word, from);
    assert.ok(begin >= 0, `no \`${word}\``);
    return document.positionAt(begin + inside);
  };
  const replace = async (before, old, text) => {
    const start = at(before, old);
    const range = new vscode.Range(start, document.positionAt(document.offsetAt(start) + old.length));
    assert.ok(await editor.edit((edit) => edit.replace(range, text)));
  };
  const mistakes = (source = 'kpi') => vscode.languages.getDiagnostics(uri).filter((each) => each.source === source);
  const labelOf = (item) => (typeof item.label === 'string' ? item.label : item.label.label);
  const complete = async (position) => (await command('vscode.executeCompletionItemProvider', uri, position)).items;
  const show = (position) => {
    editor.selection = new vscode.Selection(position, position);
    editor.revealRange(new vscode.Range(position, position), vscode.TextEditorRevealType.InCenter);
  };

  await check('the extension is there, from its package', async () => {
    const extension = vscode.extensions.getExtension('kpi-lang.kpi-lang');
    assert.ok(extension);
    await extension.activate();
    assert.equal(document.languageId, 'kpi');
  });
  await check('what rules find appears, in Chinese, with the rule as its code', async () => {
    const [finding] = await until('findings', () => mistakes('kpi lint').length > 0 && mistakes('kpi lint'));
    assert.match(finding.code.value, /^[a-z-]+$/);
    assert.match(finding.message, /\p{Script=Han}/u);
    assert.deepEqual(mistakes(), []);
  });
  await picture('01-open');

  await check('a mistake while typing: its words, place and fix', async () => {
    await replace('metric 退款额', 'orders.refunded', 'orders.refundd');
    show(at('metric 退款额', 'refundd'));
    const [mistake] = await until('a mistake', () => mistakes().length > 0 && mistakes());
    assert.equal(document.getText(mistake.range), 'refundd');
    assert.equal(mistake.code.value, 'K0207');
    assert.match(mistake.message, /没有字段/);
    await command('editor.action.marker.next');
    await picture('02-mistake');
    await command('closeMarkersNavigation');
    const page = await vscode.workspace.openTextDocument(mistake.code.target);
    await until('the page of the mistake', () => /K0207[\s\S]*没有字段/.test(page.getText()));
    const actions = await command('vscode.executeCodeActionProvider', uri, mistake.range);
    const fix = actions.find((action) => /refunded/.test(action.title));
    assert.ok(fix, actions.map((action) => action.title).join('; '));
    assert.ok(await vscode.workspace.applyEdit(fix.edit));
    assert.equal(document.getText(), original);
    await until('no mistake', () => mistakes().length === 0);
  });
  await check('completion: metrics in a row of the scorecard, with documentation', async () => {
    const items = await complete(at('| net_sales   | 50%', 'net_sales'));
    const labels = items.map(labelOf);
    for (const label of ['net_sales', '千次成交额', '退款额']) assert.ok(labels.includes(label), labels.join(' '));
    assert.match(items.find((item) => labelOf(item) === 'net_sales').documentation.value, /净销售额/);
  });
  await check('completion: fields behind a dot, phases in the head of a table, currencies behind a number', async () => {
    const fields = (await complete(at('metric 退款额', 'orders.', 7))).map(labelOf);
    assert.ok(fields.includes('refunded') && !fields.includes('views'), fields.join(' '));
    assert.ok((await complete(at('| metric      | weight | ', 'cold_start'))).map(labelOf).includes('mature'));
    assert.ok((await complete(at('cap      1_500 '))).map(labelOf).includes('GBP'));
  });
  await check('the list of proposals in the window', async () => {
    show(at('metric 退款额', 'orders.', 7));
    await command('editor.action.triggerSuggest');
    await picture('03-completion', 1500);
    await command('hideSuggestWidget');
  });
  await check('a snippet for every declaration', async () => {
    const end = document.positionAt(document.getText().length);
    await editor.edit((edit) => edit.insert(end, '\n'));
    const snippets = (await complete(document.positionAt(document.getText().length))).filter((item) => item.kind === vscode.CompletionItemKind.Snippet).map(labelOf);
    for (const word of ['policy', 'entity', 'events', 'exchange', 'ensure', 'calendar', 'exclude', 'metric', 'phases', 'table', 'curve', 'scorecard', 'payout', 'alert', 'rule', 'allow', 'attack', 'labels', 'test', 'import', 'library', 'param', 'use']) {
      assert.ok(snippets.some((each) => each === word || each.startsWith(`${word} `) || each.startsWith(`${word}-`)), `${word} in ${snippets.join(', ')}`);
    }
    await replace('', document.getText(), original);
  });
  await check('hover: labels in both languages, type, full formula', async () => {
    const hovers = await command('vscode.executeHoverProvider', uri, at('| 千次成交额', '千次', 1));
    const text = hovers.flatMap((hover) => hover.contents).map((each) => each.value ?? each).join('\n');
    assert.match(text, /千次观看成交金额/);
    assert.match(text, /GMV per 1,000 views/);
    assert.match(text, /sum\(orders\.amount\)/);
    show(at('| 千次成交额', '千次', 1));
    await command('editor.action.showHover');
    await picture('04-hover', 1500);
    await command('editor.action.hideHover');
  });
  await check('definition, references, rename', async () => {
    const position = at('| 千次成交额', '千次', 1);
    const [found] = await command('vscode.executeDefinitionProvider', uri, position);
    assert.equal((found.range ?? found.targetRange).start.line, at('metric 千次成交额').line);
    const references = await command('vscode.executeReferenceProvider', uri, position);
    assert.ok(references.length >= 4);
    for (const each of references) assert.equal(document.getText(each.range), '千次成交额');
    const edit = await command('vscode.executeDocumentRenameProvider', uri, position, '千次曝光成交');
    assert.ok(await vscode.workspace.applyEdit(edit));
    assert.ok(!document.getText().includes('千次成交额') && document.getText().includes('千次曝光成交 "千次观看成交金额"'));
    await sleep(300);
    assert.deepEqual(mistakes(), []);
    await replace('', document.getText(), original);
    await assert.rejects(command('vscode.executeDocumentRenameProvider', uri, at('| 千次成交额', '千次', 1), 'net_sales'), /已经存在/);
  });
  await check('outline, symbols of the workspace, folding, selection', async () => {
    const symbols = await command('vscode.executeDocumentSymbolProvider', uri);
    assert.ok(symbols.find((each) => each.name === 'host').children.some((each) => each.name === 'joined'));
    assert.ok((await command('vscode.executeWorkspaceSymbolProvider', '净销售')).some((each) => each.name === 'net_sales'));
    const folds = await command('vscode.executeFoldingRangeProvider', uri);
    assert.ok(folds.some((fold) => fold.start === at('policy uk_live_hosts').line));
    let [selection] = await command('vscode.executeSelectionRangeProvider', uri, [at('metric 退款额', 'refunded', 2)]);
    assert.equal(document.getText(selection.range), 'refunded');
    let steps = 0;
    for (; selection; selection = selection.parent) steps += 1;
    assert.ok(steps > 3);
  });
  await check('semantic colours, hints, lenses', async () => {
    const tokens = await command('vscode.provideDocumentSemanticTokens', uri);
    assert.ok(tokens.data.length > 500);
    const whole = new vscode.Range(0, 0, document.lineCount, 0);
    const hints = await command('vscode.executeInlayHintProvider', uri, whole);
    const text = hints.map((hint) => (typeof hint.label === 'string' ? hint.label : hint.label.map((part) => part.value).join('')));
    assert.ok(text.some((each) => each.includes('100%')) && text.some((each) => each.includes('GBP')), text.join(' '));
    const lenses = await command('vscode.executeCodeLensProvider', uri, 50);
    assert.ok(lenses.some((lens) => lens.command?.command === 'kpi.runTest' && lens.command.title === '运行测试'));
    show(at('scorecard monthly'));
    await picture('05-hints-and-lenses', 1500);
  });
  await check('a lens previews the scorecard over the database of the workspace', async () => {
    const lenses = await command('vscode.executeCodeLensProvider', uri, 50);
    const lens = lenses.find((each) => each.command?.command === 'kpi.previewScorecard');
    await command(lens.command.command, ...lens.command.arguments);
    const output = await until('the preview', () => vscode.workspace.textDocuments.find((each) => each.uri.scheme === 'output' && each.getText().includes('净销售额')));
    assert.match(output.getText(), /2026-07/);
    await picture('06-preview');
  });
  await check('formatting is that of `kpi fmt`, also when saving', async () => {
    await replace('| metric      |', '| metric      |', '|metric|');
    await document.save();
    assert.equal(document.getText(), original);
  });
  await check('an exception for a finding, with reason, owner and end to fill in', async () => {
    const [finding] = await until('findings', () => mistakes('kpi lint').length > 0 && mistakes('kpi lint'));
    const actions = await command('vscode.executeCodeActionProvider', uri, finding.range);
    const allow = actions.find((action) => action.title.startsWith('豁免'));
    assert.ok(allow, actions.map((action) => action.title).join('; '));
    assert.ok(await vscode.workspace.applyEdit(allow.edit));
    const code = finding.code.value;
    await until('the finding is gone', () => mistakes('kpi lint').every((each) => each.code.value !== code) && mistakes().length === 0);
    show(at(`allow ${code}`));
    await picture('07-allow');
    await command('workbench.action.closePanel');
    await replace('', document.getText(), original);
    await document.save();
  });
  await check('a library of the standard library opens, read-only, in colours', async () => {
    const library = await vscode.workspace.openTextDocument(vscode.Uri.parse('kpi-std:/std/live.kpi'));
    assert.match(library.getText(), /^library /m);
    await until('its language', () => vscode.workspace.textDocuments.some((each) => each.uri.scheme === 'kpi-std' && each.languageId === 'kpi'));
  });
  await check('the test view runs the tests; a wrong one says what differs', async () => {
    await replace('| mature | 30_000 GBP', '320 GBP', '321 GBP');
    await document.save();
    await command('workbench.view.testing.focus');
    await command('testing.runAll');
    const results = await until('results', () => vscode.tests.testResults?.find((each) => each.completedAt > 0), 30);
    const tests = results.results.flatMap((file) => file.children.length > 0 ? file.children : [file]).flatMap((each) => each.children.length > 0 ? each.children : [each]);
    const states = tests.map((test) => test.taskStates[0].state);
    const wrong = tests.filter((test) => test.taskStates[0].state === 4);
    assert.ok(tests.length >= 4 && states.every((state) => state === 3 || state === 4), states.join(' '));
    assert.equal(wrong.length, 1);
    assert.match(wrong[0].taskStates[0].messages[0].message.value ?? wrong[0].taskStates[0].messages[0].message, /320[\s\S]*321|321[\s\S]*320/);
    show(at('test "a mature host'));
    await picture('08-tests', 1500);
    await command('testing.cancelRun').then(() => undefined, () => undefined);
    await replace('', document.getText(), original);
    await document.save();
    await command('workbench.action.closePanel');
    await command('workbench.view.explorer');
  });
  const runTask = async (name) => {
    const ended = new Promise((resolve) => {
      const listener = vscode.tasks.onDidEndTaskProcess((event) => {
        listener.dispose();
        resolve(event);
      });
    });
    await vscode.window.showTextDocument(document);
    await command(name);
    return Promise.race([ended, sleep(30000).then(() => { throw new Error(`${name} did not end`); })]);
  };
  for (const [name, status] of [['kpi.check', [0]], ['kpi.lint', [0, 1]], ['kpi.test', [0]], ['kpi.analyze', [0, 1, 4]], ['kpi.run', [0]]]) {
    await check(`the command ${name} runs in a terminal`, async () => {
      const event = await runTask(name);
      assert.ok(status.includes(event.exitCode), `status ${event.exitCode}`);
    });
  }
  await picture('09-run', 1500);
  await check('the command kpi.explain asks whose score it is, and explains it', async () => {
    const ended = runTask('kpi.explain');
    await keys('explain', 1500, 'h01', 'Enter');
    assert.equal((await ended).exitCode, 0);
    await picture('09-explain', 1000);
  });
  await check('typing with the keyboard: Enter takes a proposal, a snippet is filled in', async () => {
    await command('workbench.action.closePanel');
    await vscode.window.showTextDocument(document);
    await editor.edit((edit) => edit.insert(document.positionAt(document.getText().length), '\n'));
    show(document.positionAt(document.getText().length));
    await command('workbench.action.focusActiveEditorGroup');
    await keys('typing', 500, 'metric 键入 = sum(orders.refun', 'proposals', 'Enter');
    assert.match(document.getText(), /metric 键入 = sum\(orders\.refunded\)?$/);
    await replace('', document.getText(), original);
    await editor.edit((edit) => edit.insert(document.positionAt(document.getText().length), '\n'));
    show(document.positionAt(document.getText().length));
    await keys('snippet', 500, 'alert', 'proposals', 'Escape');
    const proposals = (await complete(document.positionAt(document.getText().length))).filter((item) => labelOf(item) === 'alert' && item.kind === vscode.CompletionItemKind.Snippet);
    assert.equal(proposals.length, 1, 'one of VS Code and the server');
    await command('editor.action.triggerSuggest');
    await keys('snippet-taken', 200, 'proposals', 'Enter', '投放超支', 'Tab', '预算超支');
    assert.match(document.getText(), /^alert 投放超支 "预算超支" warning for/m);
    await picture('09-snippet');
  }, async () => {
    await command('leaveSnippet').then(() => undefined, () => undefined);
    if (document.getText() !== original) await replace('', document.getText(), original);
    await document.save();
  });
  await check('findings of a task become problems of files that nobody has opened', async () => {
    const other = vscode.Uri.joinPath(folder(), '没打开.kpi');
    await fs.writeFile(other.fsPath, original.replace('orders.refunded default 0)', 'orders.refundd default 0)'));
    await command('kpi.check', other);
    const [problem] = await until('a problem', () => { const all = vscode.languages.getDiagnostics(other); return all.length > 0 && all; });
    assert.equal(problem.severity, vscode.DiagnosticSeverity.Error);
    assert.match(problem.message, /没有字段/);
    const wrong = (await vscode.workspace.openTextDocument(other)).lineAt(problem.range.start.line).text;
    assert.match(wrong, /refundd/);
    const again = await runTask('workbench.action.tasks.reRunTask');
    assert.match(again.execution.task.name, /没打开/, 'a task that runs again takes its own file');
    await fs.rm(other.fsPath);
  });
  await check('the server starts again on command', async () => {
    await command('kpi.restartServer');
    await until('findings after the restart', () => mistakes('kpi lint').length > 0);
  });
  await check('the walkthrough opens', async () => {
    await command('workbench.action.closePanel');
    await command('workbench.action.openWalkthrough', 'kpi-lang.kpi-lang#start', false);
    await picture('10-walkthrough', 2500);
  });

  lines.push(`${passed} passed, ${failed} failed`);
  await fs.writeFile(path.join(folder().fsPath, '.pictures', 'result.txt'), `${lines.join('\n')}\n`);
  if (failed > 0) throw new Error(`${failed} failed`);
};
