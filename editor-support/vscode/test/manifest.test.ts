// What package.json promises is there, in two languages; patterns of the manifest fit what the program prints.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';

/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call,
   @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-argument, @typescript-eslint/no-unsafe-return */
const json = (name: string): any => JSON.parse(readFileSync(name, 'utf8'));
const manifest = json('package.json');
const contributes = manifest.contributes;

test('every text of the manifest exists in English and Chinese, and no other', () => {
  const used = new Set([...readFileSync('package.json', 'utf8').matchAll(/"%([^%"]+)%"/g)].map((match) => match[1]));
  for (const file of ['package.nls.json', 'package.nls.zh-cn.json']) {
    assert.deepEqual(Object.keys(json(file)).sort(), [...used].sort(), file);
  }
  for (const [key, text] of Object.entries(json('package.nls.zh-cn.json'))) assert.match(text as string, /\p{Script=Han}/u, key);
});

test('every text of the code exists in Chinese, and no other', () => {
  const used = new Set<string>();
  for (const file of readdirSync('src')) {
    const source = readFileSync(`src/${file}`, 'utf8');
    for (const match of source.matchAll(/l10n\.t\(\s*'((?:\\.|[^'\\])*)'/g)) used.add(match[1] ?? '');
    assert.equal((source.match(/l10n\.t\(/g) ?? []).length, (source.match(/l10n\.t\(\s*'/g) ?? []).length, `${file}: texts are literal`);
  }
  const bundle = json('l10n/bundle.l10n.zh-cn.json') as Record<string, string>;
  assert.deepEqual(Object.keys(bundle).sort(), [...used].sort());
  for (const [key, text] of Object.entries(bundle)) {
    assert.match(text, /\p{Script=Han}/u, key);
    assert.deepEqual((text.match(/\{\d\}/g) ?? []).sort(), (key.match(/\{\d\}/g) ?? []).sort(), key);
  }
});

test('every file that the manifest names is there and is packed', () => {
  const files = [...readFileSync('package.json', 'utf8').matchAll(/"(?:\.\/)?((?:media|syntaxes|snippets|l10n)\/[^"]+|language-configuration\.json)"/g)];
  assert.ok(files.length >= 8);
  for (const [, file] of files) assert.ok(existsSync(file ?? ''), file);
  for (const name of ['install', 'write', 'test', 'run']) assert.match(readFileSync(`media/${name}.md`, 'utf8'), /\p{Script=Han}/u, name);
});

test('every command of the manifest is one that the code registers', () => {
  const sources = readdirSync('src').map((file) => readFileSync(`src/${file}`, 'utf8')).join('\n');
  const looped = /for \(const command of \[([^\]]+)\] as const\) \{\s*context\.subscriptions\.push\(vscode\.commands/.exec(sources)?.[1] ?? '';
  for (const { command } of contributes.commands) {
    const name = (command as string).replace(/^kpi\./, '');
    assert.ok(sources.includes(`registerCommand('${command as string}'`) || looped.includes(`'${name}'`), command);
  }
});

test('no address of a package registry is recorded', () => {
  assert.doesNotMatch(readFileSync('package-lock.json', 'utf8'), /"resolved"/);
  assert.match(readFileSync('.npmrc', 'utf8'), /omit-lockfile-registry-resolved=true/);
});

function rule(text: { pattern: string; flags?: string } | string): RegExp {
  return typeof text === 'string' ? new RegExp(text) : new RegExp(text.pattern, text.flags);
}
const configuration = json('language-configuration.json');

test('words: Chinese names, names with digits, numbers', () => {
  const pattern = new RegExp(configuration.wordPattern.pattern, `g${configuration.wordPattern.flags as string}`);
  const words = (line: string) => [...line.matchAll(pattern)].map((match) => match[0]);
  assert.deepEqual(words('metric 净销售额_2 = sum(订单.amount) * 1_000.50'), ['metric', '净销售额_2', 'sum', '订单', 'amount', '1_000.50']);
});

test('indentation follows braces outside texts and comments', () => {
  const more = rule(configuration.indentationRules.increaseIndentPattern);
  const less = rule(configuration.indentationRules.decreaseIndentPattern);
  for (const line of ['policy a "b" {', 'test "a {b}" {  # why', 'rule a { # {', 'metric `a}` = 1 {']) assert.match(line, more, line);
  for (const line of ['metric a = 1', 'message "{a"', '# policy {', 'a { b }', '}']) assert.doesNotMatch(line, more, line);
  assert.match('  }', less);
  assert.doesNotMatch('a }', less);
});

test('enter goes on with tables, documentation, and below `given` and `expect`', () => {
  const appended = (line: string): unknown => configuration.onEnterRules.find((each: any) => rule(each.beforeText).test(line))?.action.appendText;
  assert.equal(appended('  | 净销售额 | 40% |'), '| ');
  assert.equal(appended('  | 净销售额'), undefined);
  assert.equal(appended('## What it means'), '## ');
  assert.equal(appended('# a remark'), undefined);
  assert.equal(appended('  given 订单'), '| ');
  assert.equal(appended('  given orders from "orders.csv"'), undefined);
  assert.equal(appended('  expect host "h1"'), '| ');
  assert.equal(appended('  expect error K0412'), undefined);
});

test('the problem matchers read what the program prints', { skip: process.env.KPI === undefined }, () => {
  const folder = mkdtempSync(`${tmpdir()}/kpi-`);
  try {
    const file = `${folder}/错误.kpi`;
    writeFileSync(file, 'edition 2026\nmetric 净额 = sum(订单.金额)\n');
    for (const language of ['en', 'zh']) {
      let output = '';
      try {
        execFileSync(process.env.KPI ?? '', ['check', file, '--format', 'compact', '--lang', language], { stdio: 'pipe', encoding: 'utf8' });
      } catch (error) {
        output = (error as { stdout: string; stderr: string }).stdout + (error as { stderr: string }).stderr;
      }
      const fits = output.trim().split('\n').flatMap((line) => contributes.problemPatterns
        .map((pattern: any) => ({ pattern, match: new RegExp(pattern.regexp).exec(line) }))
        .filter((each: any) => each.match)
        .map(({ pattern, match }: any) => [match[pattern.file], match[pattern.line], match[pattern.code]]));
      assert.deepEqual(fits.map((each: any) => each[0]), [file, file], output);
      assert.ok(fits.some((each: any) => each[1] === '2' && /^K\d{4}$/.test(each[2])), output);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
