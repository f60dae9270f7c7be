// A whole editing session with `kpi lsp` through the JSON-RPC library that VS Code uses, on a policy with Chinese names and
// labels: every feature of the server once, positions counted in UTF-16 and in UTF-8.
// KPI is the program, KPI_WORKSPACE a folder with policy.kpi (a copy of the bundled policy) and shop.db (its data).
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(new URL('../vscode/package.json', import.meta.url));
const rpc = require('vscode-jsonrpc/node');
const workspace = process.env.KPI_WORKSPACE;
const policyFile = `${workspace}/policy.kpi`;
const uri = pathToFileURL(policyFile).href;

let passed = 0;
let failed = 0;
async function check(what, action) {
  try {
    await action();
    passed += 1;
  } catch (error) {
    failed += 1;
    console.log(`${what}: ${error.message.slice(0, 600)}\n${(error.stack ?? '').split('\n').filter((line) => line.includes('session.mjs')).slice(0, 3).join('\n')}`);
  }
}

const unitsOf = { 'utf-8': (text) => Buffer.byteLength(text), 'utf-16': (text) => text.length };

class Client {
  constructor(encoding, locale) {
    this.encoding = encoding;
    this.process = spawn(process.env.KPI, ['lsp'], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.exited = new Promise((resolve) => this.process.on('exit', resolve));
    this.connection = rpc.createMessageConnection(new rpc.StreamMessageReader(this.process.stdout), new rpc.StreamMessageWriter(this.process.stdin));
    this.diagnostics = new Map();
    this.waiting = [];
    this.connection.onNotification('textDocument/publishDiagnostics', (params) => {
      this.diagnostics.set(params.uri, params.diagnostics);
      this.waiting = this.waiting.filter(({ condition, resolve }) => !(condition(this.diagnostics) && (resolve(), true)));
    });
    this.connection.listen();
    this.locale = locale;
    this.version = 1;
  }

  ask(method, params) {
    return this.connection.sendRequest(method, params);
  }

  tell(method, params) {
    return this.connection.sendNotification(method, params);
  }

  async start(text, options) {
    const answer = await this.ask('initialize', {
      processId: process.pid,
      locale: this.locale,
      rootUri: pathToFileURL(workspace).href,
      workspaceFolders: [{ uri: pathToFileURL(workspace).href, name: 'shop' }],
      initializationOptions: options,
      capabilities: {
        general: { positionEncodings: this.encoding === 'utf-16' ? ['utf-16'] : [this.encoding, 'utf-16'] },
        textDocument: { completion: { completionItem: { snippetSupport: true } } },
      },
    });
    await this.tell('initialized', {});
    this.text = text;
    await this.tell('textDocument/didOpen', { textDocument: { uri, languageId: 'kpi', version: this.version, text } });
    return answer;
  }

  /** Where `word` stands behind `before`, both in this order in the text; offset in the encoding agreed on. */
  at(before, word = '', inside = 0) {
    const from = this.text.indexOf(before);
    assert.ok(from >= 0, `no \`${before}\` in the text`);
    const begin = word === '' ? from + before.length : this.text.indexOf(word, from);
    assert.ok(begin >= 0, `no \`${word}\` behind \`${before}\``);
    return this.positionOf(begin + inside);
  }

  positionOf(offset) {
    const lines = this.text.slice(0, offset).split('\n');
    return { line: lines.length - 1, character: unitsOf[this.encoding](lines.at(-1)) };
  }

  offsetOf({ line, character }) {
    const lines = this.text.split('\n');
    let index = 0;
    while (unitsOf[this.encoding](lines[line].slice(0, index)) < character) index += 1;
    return lines.slice(0, line).reduce((sum, each) => sum + each.length + 1, 0) + index;
  }

  textIn(range) {
    return this.text.slice(this.offsetOf(range.start), this.offsetOf(range.end));
  }

  /** Types: replaces the first `old` behind `before`, as an incremental change. */
  async type(before, old, text) {
    const begin = this.text.indexOf(old, this.text.indexOf(before));
    await this.change({ start: this.positionOf(begin), end: this.positionOf(begin + old.length) }, text);
  }

  async change(range, text) {
    const [begin, end] = [this.offsetOf(range.start), this.offsetOf(range.end)];
    this.version += 1;
    await this.tell('textDocument/didChange', { textDocument: { uri, version: this.version }, contentChanges: [{ range, text }] });
    this.text = this.text.slice(0, begin) + text + this.text.slice(end);
  }

  /** Applies edits as an editor does. */
  async apply(edits) {
    for (const edit of [...edits].sort((a, b) => this.offsetOf(b.range.start) - this.offsetOf(a.range.start))) await this.change(edit.range, edit.newText);
  }

  mistakes() {
    return (this.diagnostics.get(uri) ?? []).filter((each) => each.source === 'kpi');
  }

  until(what, condition) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`waited in vain: ${what}`)), 5000);
      const done = () => (clearTimeout(timer), resolve());
      if (condition(this.diagnostics)) done();
      else this.waiting.push({ condition, resolve: done });
    });
  }

  on(position, more = {}) {
    return { textDocument: { uri }, position, ...more };
  }

  async labels(position) {
    const answer = await this.ask('textDocument/completion', this.on(position));
    return (answer.items ?? answer).map((item) => item.label);
  }

  async stop() {
    await this.ask('shutdown', null);
    await this.tell('exit');
    const timer = setTimeout(() => this.process.kill(), 5000);
    const status = await this.exited;
    clearTimeout(timer);
    this.connection.dispose();
    return status;
  }
}

/** The bundled policy with two Chinese names, an emoji in a comment, and a letter outside the first plane before a name. */
const original = await readFile(policyFile, 'utf8');
const text = `${original.replace(/\bgpm\b/g, '千次成交额').replace(/\bbonus\b(?= "月| "Monthly| *\|)/g, '奖金')}
metric 退款额 "退款额 😀𠮷" = sum(orders.refunded default 0) # 😀 注释
`;
await writeFile(policyFile, text);

async function session(encoding, language) {
  const client = new Client(encoding, language === 'zh' ? 'zh-CN' : 'en');
  const name = (what) => `${encoding}, ${language}: ${what}`;
  const zh = language === 'zh';
  const answer = await client.start(text, { database: `${workspace}/shop.db`, period: '2026-07' });

  await check(name('the encoding is agreed on'), () => assert.equal(answer.capabilities.positionEncoding ?? 'utf-16', encoding));
  await check(name('the policy has no mistakes'), async () => {
    await client.until('first diagnostics', (all) => all.has(uri));
    assert.deepEqual(client.mistakes(), []);
  });
  await check(name('what rules find comes with its rule'), async () => {
    const findings = (all) => (all.get(uri) ?? []).filter((each) => each.source === 'kpi lint');
    await client.until('findings', (all) => findings(all).length > 0);
    assert.match(findings(client.diagnostics)[0].code, /^[a-z-]+$/);
  });
  await check(name('a file that does not parse gets its mistakes, at the right place'), async () => {
    await client.type('metric 退款额', 'orders.refunded', 'orders.refundd');
    await client.until('a mistake', () => client.mistakes().length > 0);
    const [mistake] = client.mistakes();
    assert.equal(mistake.code, 'K0207');
    assert.equal(client.textIn(mistake.range), 'refundd');
    assert.match(mistake.message, zh ? /没有字段/ : /has no field/);
    const page = await client.ask('kpi/page', { uri: mistake.codeDescription.href });
    assert.match(page.text, zh ? /K0207[\s\S]*没有字段/ : /K0207[\s\S]*has no field/);
    const actions = await client.ask('textDocument/codeAction', { textDocument: { uri }, range: mistake.range, context: { diagnostics: [mistake] } });
    const fix = actions.find((action) => action.edit && JSON.stringify(action.edit).includes('"refunded"'));
    assert.ok(fix, JSON.stringify(actions));
    await client.apply(fix.edit.changes[uri]);
    assert.equal(client.text, text);
    await client.until('no mistake', () => client.mistakes().length === 0);
  });
  await check(name('broken text keeps the rest alive'), async () => {
    await client.type('scorecard monthly', 'scorecard monthly', 'metric 半 = sum(\nscorecard monthly');
    await client.until('a mistake', () => client.mistakes().length > 0);
    assert.ok((await client.ask('textDocument/documentSymbol', { textDocument: { uri } })).some((each) => each.name === 'net_sales'));
    await client.type('metric 半', 'metric 半 = sum(\n', '');
    await client.until('no mistake', () => client.mistakes().length === 0);
  });

  await check(name('completion: metrics in a scorecard row'), async () => {
    const labels = await client.labels(client.at('| net_sales   | 50%', 'net_sales'));
    for (const label of ['net_sales', '千次成交额', '退款额']) assert.ok(labels.includes(label), `${label} in ${labels.join(' ')}`);
  });
  await check(name('completion: columns behind a dot'), async () => {
    const labels = await client.labels(client.at('metric 退款额', 'orders.', 7));
    assert.ok(labels.includes('refunded') && labels.includes('amount') && !labels.includes('views'), labels.join(' '));
  });
  await check(name('completion: phases in a table head'), async () => {
    const labels = await client.labels(client.at('| metric      | weight | ', 'cold_start'));
    assert.ok(labels.includes('cold_start') && labels.includes('mature'), labels.join(' '));
  });
  await check(name('completion: currencies behind a number'), async () => {
    const labels = await client.labels(client.at('cap      1_500 '));
    assert.ok(labels.includes('GBP') && labels.includes('USD'), labels.slice(0, 20).join(' '));
    const units = await client.labels(client.at('earned   after 14 '));
    for (const unit of ['days', 'hours', 'months']) assert.ok(units.includes(unit), `${unit} in ${units.join(' ')}`);
  });
  await check(name('completion: clauses, kinds, types, phases in cells of tests'), async () => {
    assert.ok((await client.labels(client.at('requires violation_count = 0 else score 0\n  ', 'missing'))).includes('population'));
    assert.ok((await client.labels(client.at('exclude test_orders', 'test from'))).includes('fake'));
    assert.ok((await client.labels(client.at('  joined  : ', 'date'))).includes('datetime'));
    assert.ok((await client.labels(client.at('    | mature | 30_000 GBP', 'mature'))).includes('cold_start'));
  });
  await check(name('completion: declarations with documentation'), async () => {
    await client.type('metric 退款额', 'metric 退款额', 'm\nmetric 退款额');
    const list = await client.ask('textDocument/completion', client.on(client.at('\nm', '')));
    const metric = (list.items ?? list).find((item) => item.label === 'metric');
    assert.ok(metric);
    const documented = metric.documentation ?? (await client.ask('completionItem/resolve', metric)).documentation;
    assert.ok((documented.value ?? documented).length > 5);
    await client.type('m\nmetric 退款额', 'm\n', '');
  });

  await check(name('hover: unit, formula and labels of both languages'), async () => {
    const hover = await client.ask('textDocument/hover', client.on(client.at('| 千次成交额', '千次', 1)));
    assert.equal(client.textIn(hover.range), '千次成交额');
    assert.match(hover.contents.value, /千次观看成交金额/);
    assert.match(hover.contents.value, /GMV per 1,000 views/);
    assert.match(hover.contents.value, /sum\(orders\.amount\)/);
  });
  await check(name('definition'), async () => {
    const found = [await client.ask('textDocument/definition', client.on(client.at('| 千次成交额', '千次', 1)))].flat();
    assert.equal(client.textIn(found[0].range ?? found[0].targetSelectionRange), '千次成交额');
    assert.equal((found[0].range ?? found[0].targetSelectionRange).start.line, client.at('metric 千次成交额').line);
  });
  await check(name('a metric of metrics is shown in full'), async () => {
    await client.type('metric 退款额', 'metric 退款额', 'metric 每次成交 = net_sales / 千次成交额\nmetric 退款额');
    const hover = await client.ask('textDocument/hover', client.on(client.at('metric 每次成交', '每次', 1)));
    assert.match(hover.contents.value, /\(sum\(orders\.amount\) - sum\(orders\.refunded default 0\)\) \/ \(1000 \* sum\(orders\.amount\) \/ sum\(sessions\.views\)\)/);
    await client.type('metric 每次成交', 'metric 每次成交 = net_sales / 千次成交额\n', '');
  });
  await check(name('definition in the standard library'), async () => {
    await client.type('entity host', 'entity host', 'use std.calendars as 日历\nentity host');
    await client.type('metric 退款额', 'metric 退款额', 'metric 首单工时 = median(elapsed(orders.paid_at, orders.paid_at, 日历.office_hours))\nmetric 退款额');
    const library = [await client.ask('textDocument/definition', client.on(client.at('use std.', 'calendars', 2)))].flat();
    assert.equal(library[0].uri, 'kpi-std:/std/calendars.kpi');
    const [found] = [await client.ask('textDocument/definition', client.on(client.at('日历.office', 'office', 2)))].flat();
    assert.equal(found.uri, 'kpi-std:/std/calendars.kpi');
    const { text: source } = await client.ask('kpi/standardLibrary', { uri: found.uri });
    assert.match(source.split('\n')[found.range.start.line], /calendar office_hours/);
    await client.type('metric 首单工时', 'metric 首单工时 = median(elapsed(orders.paid_at, orders.paid_at, 日历.office_hours))\n', '');
    await client.type('use std.calendars', 'use std.calendars as 日历\n', '');
    await client.until('no mistake', () => client.mistakes().length === 0);
  });
  await check(name('references and highlights'), async () => {
    const position = client.at('| 千次成交额', '千次', 1);
    const found = await client.ask('textDocument/references', client.on(position, { context: { includeDeclaration: true } }));
    assert.ok(found.length >= 4, `${found.length} places`);
    for (const each of found) assert.equal(client.textIn(each.range), '千次成交额');
    assert.equal((await client.ask('textDocument/documentHighlight', client.on(position))).length, found.length);
  });
  await check(name('rename'), async () => {
    const position = client.at('| 千次成交额', '千次', 1);
    const prepared = await client.ask('textDocument/prepareRename', client.on(position));
    assert.equal(client.textIn(prepared.range ?? prepared), '千次成交额');
    const edit = await client.ask('textDocument/rename', client.on(position, { newName: '千次曝光成交' }));
    await client.apply(edit.changes[uri]);
    assert.ok(!client.text.includes('千次成交额'));
    assert.ok(client.text.includes('labels zh') && client.text.includes('千次曝光成交 "千次观看成交金额"'));
    await client.until('no mistake', () => client.mistakes().length === 0);
    await assert.rejects(client.ask('textDocument/rename', client.on(client.at('| 千次曝光', '千次', 1), { newName: 'net_sales' })), (error) => {
      assert.equal(error.code, -32803);
      return zh ? /\p{Script=Han}/u.test(error.message) : error.message.length > 5;
    });
  });

  await check(name('symbols'), async () => {
    const symbols = await client.ask('textDocument/documentSymbol', { textDocument: { uri } });
    const entity = symbols.find((each) => each.name === 'host');
    assert.ok(entity.children.some((each) => each.name === 'joined'));
    assert.ok(symbols.some((each) => each.name === '奖金'));
    const found = await client.ask('workspace/symbol', { query: '净销售' });
    assert.ok(found.some((each) => each.name === 'net_sales'), JSON.stringify(found));
  });
  await check(name('folding'), async () => {
    const folds = await client.ask('textDocument/foldingRange', { textDocument: { uri } });
    assert.ok(folds.some((fold) => fold.startLine === client.at('policy uk_live_hosts').line));
  });
  await check(name('selection grows from the word to the file'), async () => {
    const [selection] = await client.ask('textDocument/selectionRange', { textDocument: { uri }, positions: [client.at('metric 退款额', 'refunded', 2)] });
    const texts = [];
    for (let each = selection; each; each = each.parent) texts.push(client.textIn(each.range));
    assert.equal(texts[0], 'refunded');
    assert.ok(texts.every((each, index) => index === 0 || each.length > texts[index - 1].length));
    assert.ok(texts.at(-1).includes('edition 2026'));
  });
  await check(name('semantic tokens'), async () => {
    const { data } = await client.ask('textDocument/semanticTokens/full', { textDocument: { uri } });
    const { tokenTypes, tokenModifiers } = answer.capabilities.semanticTokensProvider.legend;
    const tokens = [];
    let line = 0;
    let character = 0;
    for (let index = 0; index < data.length; index += 5) {
      line += data[index];
      character = data[index] === 0 ? character + data[index + 1] : data[index + 1];
      const range = { start: { line, character }, end: { line, character: character + data[index + 2] } };
      tokens.push({ word: client.textIn(range), type: tokenTypes[data[index + 3]], modifiers: tokenModifiers.filter((_, bit) => data[index + 4] & (1 << bit)) });
    }
    const has = (word, type, modifier) => assert.ok(tokens.some((each) => each.word === word && each.type === type && (!modifier || each.modifiers.includes(modifier))), `${word} is no ${type}`);
    has('退款额', 'variable', 'declaration');
    has('host', 'class', 'declaration');
    has('"退款额 😀𠮷"', 'string');
    has('# 😀 注释', 'comment');
    has('pay_points', 'function');
    has('cold_start', 'enumMember');
  });
  await check(name('inlay hints'), async () => {
    const hints = await client.ask('textDocument/inlayHint', { textDocument: { uri }, range: { start: { line: 0, character: 0 }, end: { line: 500, character: 0 } } });
    assert.ok(hints.some((hint) => JSON.stringify(hint.label).includes('100%')), JSON.stringify(hints));
    assert.ok(hints.some((hint) => JSON.stringify(hint.label).includes('GBP')), JSON.stringify(hints));
  });

  let lenses = [];
  const run = (lens) => client.ask('workspace/executeCommand', { command: lens.command.command, arguments: lens.command.arguments });
  await check(name('a lens runs a test, and says what differs'), async () => {
    lenses = await client.ask('textDocument/codeLens', { textDocument: { uri } });
    const lens = lenses.find((each) => each.command.command === 'kpi.runTest');
    const good = await run(lens);
    assert.deepEqual(good, { ok: true, text: '' });
    await client.type('| mature | 30_000 GBP', '320 GBP', '321 GBP');
    const bad = await run(lens);
    assert.equal(bad.ok, false);
    assert.match(bad.text, zh ? /320[\s\S]*321|321[\s\S]*320/ : /is 320 GBP, not 321 GBP/);
    await client.type('| mature | 30_000 GBP', '321 GBP', '320 GBP');
  });
  await check(name('a lens previews the scorecard over the database'), async () => {
    const result = await run(lenses.find((each) => each.command.command === 'kpi.previewScorecard'));
    assert.equal(result.ok, true, result.text);
    assert.match(result.text, zh ? /净销售额/ : /Net sales/);
    assert.match(result.text, /2026-07/);
  });
  await check(name('a finding can be allowed, with reason, owner and end to fill in'), async () => {
    await client.until('findings', (all) => (all.get(uri) ?? []).some((each) => each.source === 'kpi lint'));
    const finding = client.diagnostics.get(uri).find((each) => each.source === 'kpi lint');
    const actions = await client.ask('textDocument/codeAction', { textDocument: { uri }, range: finding.range, context: { diagnostics: [finding] } });
    const allow = actions.find((action) => JSON.stringify(action.edit ?? {}).includes(`allow ${finding.code}`));
    assert.ok(allow, JSON.stringify(actions.map((each) => each.title)));
    for (const word of ['because', 'owner', 'until']) assert.ok(JSON.stringify(allow.edit).includes(word), word);
  });
  await check(name('the rule of an exception: hover in both languages, definition'), async () => {
    await client.type('metric 退款额', 'metric 退款额', 'allow payout-cliff on 奖金 {\n  because "试行"\n  owner "运营"\n  until 2026-12-31\n}\nmetric 退款额');
    const position = client.at('allow payout-cliff', 'cliff', 2);
    const { contents } = await client.ask('textDocument/hover', client.on(position));
    assert.match(contents.value, /Pay does not jump[\s\S]*/);
    assert.match(contents.value, /报酬不应在某一门槛处骤变/);
    const [found] = [await client.ask('textDocument/definition', client.on(position))].flat();
    assert.equal(found.uri, 'kpi-std:/std/compliance/core.kpi');
    await client.type('allow payout-cliff', 'allow payout-cliff on 奖金 {\n  because "试行"\n  owner "运营"\n  until 2026-12-31\n}\n', '');
  });
  await check(name('the fix of a rule: a date of review'), async () => {
    await client.type('review_by', 'review_by    2026-09-30\n', '\n');
    const about = (all) => (all.get(uri) ?? []).filter((each) => each.code === 'no-review-date');
    await client.until('the finding', (all) => about(all).length > 0);
    const [finding] = about(client.diagnostics);
    const actions = await client.ask('textDocument/codeAction', { textDocument: { uri }, range: finding.range, context: { diagnostics: [finding] } });
    const fix = actions.find((action) => action.title.includes(zh ? '添加复核日期' : 'add a review date'));
    assert.ok(fix, JSON.stringify(actions.map((each) => each.title)));
    await client.apply(fix.edit.changes[uri]);
    assert.match(client.text, /review_by +\d{4}-\d\d-\d\d/);
    await client.until('no finding', (all) => about(all).length === 0);
  });
  await check(name('formatting is that of `kpi fmt`'), async () => {
    await client.type('| metric      |', '| metric      |', '|metric|');
    const edits = await client.ask('textDocument/formatting', { textDocument: { uri }, options: { tabSize: 2, insertSpaces: true } });
    await client.apply(edits);
    const formatted = await new Promise((resolve) => {
      const fmt = spawn(process.env.KPI, ['fmt', '-'], { stdio: ['pipe', 'pipe', 'inherit'] });
      let output = '';
      fmt.stdout.setEncoding('utf8').on('data', (part) => { output += part; });
      fmt.on('close', () => resolve(output));
      fmt.stdin.end(client.text);
    });
    assert.equal(client.text, formatted);
  });
  await check(name('completion: rules behind allow, libraries behind use'), async () => {
    await client.type('metric 退款额', 'metric 退款额', 'allow \nuse std.\nmetric 退款额');
    assert.ok((await client.labels(client.at('allow '))).some((label) => label.includes('-')));
    const libraries = await client.labels(client.at('use std.'));
    assert.ok(libraries.some((label) => /live/.test(label)), libraries.join(' '));
    await client.type('allow \nuse', 'allow \nuse std.\n', '');
  });
  await check(name('the standard library can be read'), async () => {
    const library = await client.ask('kpi/standardLibrary', { uri: 'kpi-std:/std/live.kpi' });
    assert.match(library.text, /^library /m);
  });
  await check(name('a request with wrong parameters is answered, and the server goes on'), async () => {
    await assert.rejects(client.ask('textDocument/hover', { textDocument: { uri } }), (error) => error.code === -32602);
    await assert.rejects(client.ask('kpi/noSuchThing', {}), (error) => error.code === -32601);
    assert.ok(await client.ask('textDocument/documentSymbol', { textDocument: { uri } }));
  });
  await check(name('it ends when it is told to'), async () => assert.equal(await client.stop(), 0));
}

await session('utf-16', 'zh');
await session('utf-8', 'zh');
await session('utf-16', 'en');
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
