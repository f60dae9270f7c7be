import assert from 'node:assert/strict';
import { test } from 'node:test';
import { absolutePath, argumentsOf, isPeriod, languageOf, runProgram, testRunOf, testsIn } from '../src/program';

test('the language is the setting, else that of the display', () => {
  assert.equal(languageOf('auto', 'zh-cn'), 'zh');
  assert.equal(languageOf('auto', 'zh-TW'), 'zh');
  assert.equal(languageOf('auto', 'en-gb'), 'en');
  assert.equal(languageOf('en', 'zh-cn'), 'en');
  assert.equal(languageOf('zh', 'en'), 'zh');
});

test('paths of settings are relative to the workspace folder', () => {
  assert.equal(absolutePath('', '/shop'), '');
  assert.equal(absolutePath('/data/shop.db', '/shop'), '/data/shop.db');
  assert.equal(absolutePath('数据/shop.db', '/shop'), '/shop/数据/shop.db');
});

test('periods', () => {
  for (const good of ['2026', '2026-07', '2026-Q3', '2026-W27', '2026-07-14', '2026-01..2026-12']) assert.ok(isPeriod(good), good);
  for (const bad of ['', '26-07', '2026-Q5', '2026-7', '07/2026', '2026-01..', '２０２６']) assert.ok(!isPeriod(bad), bad);
});

test('command lines', () => {
  const all = { language: 'zh', database: 'shop.db', period: '2026-07', entity: 'h 1' } as const;
  assert.deepEqual(argumentsOf('check', 'a b.kpi', all), ['check', 'a b.kpi', '--format', 'compact', '--lang', 'zh']);
  assert.deepEqual(argumentsOf('run', 'a.kpi', { language: 'en', database: 'shop.db', period: '2026-07', more: ['--verbose'] }),
    ['run', 'a.kpi', '--data', 'shop.db', '--period', '2026-07', '--lang', 'en', '--verbose']);
  assert.deepEqual(argumentsOf('explain', 'a.kpi', all),
    ['explain', 'a.kpi', '--data', 'shop.db', '--period', '2026-07', '--entity', 'h 1', '--lang', 'zh']);
  assert.deepEqual(argumentsOf('data', 'a.kpi', all), ['data', 'a.kpi', 'shop.db', '--lang', 'zh']);
  assert.deepEqual(argumentsOf('analyze', 'a.kpi', { language: 'en' }), ['analyze', 'a.kpi', '--lang', 'en']);
});

test('tests are found by the lines that declare them', () => {
  const text = 'edition 2026\r\n# test "no"\r\ntest "😀 主播 \\"甲\\" {x}" {\n  given hosts\n}\n  test  "indented \\u{4E3B}" {\nmetric test = 1\nattest "no"\n';
  assert.deepEqual(testsIn(text), [
    { name: '😀 主播 "甲" {x}', start: { line: 2, character: 0 }, end: { line: 2, character: 22 } },
    { name: 'indented 主', start: { line: 5, character: 2 }, end: { line: 5, character: 27 } },
  ]);
  assert.deepEqual(testsIn(''), []);
});

test('a run of tests is read with its places', () => {
  const run = testRunOf(JSON.stringify({
    tests: [
      { file: 'b.kpi', name: '甲', passed: true, failures: [] },
      { file: 'b.kpi', name: '乙', passed: false, failures: [{
        id: 'K0700', severity: 'error', message: '`净额` is 2, not 3', help: 'look', file: 'b.kpi',
        start: { line: 16, column: 7, utf16: 6, offset: 478 }, end: { line: 16, column: 8, utf16: 7, offset: 479 } }] },
    ],
  }));
  assert.equal(run.outcomes.length, 2);
  assert.deepEqual(run.outcomes[1]?.failures[0], {
    message: '`净额` is 2, not 3\nlook', file: 'b.kpi', start: { line: 15, character: 6 }, end: { line: 15, character: 7 },
  });
  const broken = testRunOf('{"diagnostics": [{"severity": "error", "message": "m"}, {"severity": "warning", "message": "w"}]}');
  assert.deepEqual(broken.outcomes, []);
  assert.deepEqual(broken.problems.map((each) => each.message), ['m']);
  assert.throws(() => testRunOf('there is no command `test`'));
  assert.throws(() => testRunOf('[]'));
});

test('a program that does not exist is an answer, not an exception', async () => {
  const ended = await runProgram('no-such-program-kpi', []);
  assert.equal(ended.status, -1);
  assert.match(ended.errors, /ENOENT/);
});

test('the program itself: what it prints is what is read', { skip: process.env.KPI === undefined }, async () => {
  const policy = '../../policies/uk_live_hosts/policy.kpi';
  const ended = await runProgram(process.env.KPI ?? '', ['test', policy, '--format', 'json', '--lang', 'zh']);
  assert.equal(ended.status, 0, ended.errors);
  const { outcomes } = testRunOf(ended.output);
  assert.ok(outcomes.length >= 3 && outcomes.every((each) => each.passed));
  const { readFileSync } = await import('node:fs');
  assert.deepEqual(testsIn(readFileSync(policy, 'utf8')).map((each) => each.name), outcomes.map((each) => each.name));
});
