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

/**
 * What each problem matcher finds in the lines that a command prints: severity, file, line, code, message. Columns are for people, a Chinese
 * character counting two, which VS Code would take for UTF-16 units: the whole line is marked.
 */
function problemsIn(output: string): string[][] {
  const words: Record<string, string> = { error: 'error', warning: 'warning', info: 'info' };
  return output.trim().split('\n').flatMap((line) => contributes.problemMatchers.flatMap((matcher: any) => {
    const pattern = contributes.problemPatterns.find((each: any) => `$${each.name as string}` === matcher.pattern);
    const match = new RegExp(pattern.regexp).exec(line);
    if (!match) return [];
    const severity = pattern.severity === undefined ? matcher.severity : words[match[pattern.severity] ?? ''];
    assert.equal(pattern.column, undefined);
    return [[severity, match[pattern.file], match[pattern.line], match[pattern.code], match[pattern.message]]];
  }));
}

test('the problem matchers read what the program prints, each line once', { skip: process.env.KPI === undefined }, () => {
  const folder = mkdtempSync(`${tmpdir()}/kpi-`);
  const said = (words: string[]): string => {
    try {
      return execFileSync(process.env.KPI ?? '', words, { stdio: 'pipe', encoding: 'utf8' });
    } catch (error) {
      return (error as { stdout: string; stderr: string }).stdout + (error as { stderr: string }).stderr;
    }
  };
  try {
    const wrong = `${folder}/错误: 一.kpi`;
    writeFileSync(wrong, 'edition 2026\nmetric 净额 = sum(订单.金额)\n');
    const policy = `${folder}/方案.kpi`;
    const bundled = readFileSync('../../policies/uk_live_hosts/policy.kpi', 'utf8');
    writeFileSync(policy, bundled.replace(/^allow [^{]*\{[^}]*\}\n/gm, '').replace(/\| 320 GBP/, '| 321 GBP'));
    for (const language of ['en', 'zh']) {
      const ask = (command: string, file: string): string[][] => problemsIn(said([command, file, '--format', 'compact', '--lang', language]));
      const mistakes = ask('check', wrong);
      assert.deepEqual(mistakes.map((each) => each.slice(0, 2)), [['error', wrong], ['error', wrong]], mistakes.join('\n'));
      assert.ok(mistakes.some((each) => each[2] === '2' && /^K\d{4}$/.test(each[3] ?? '')), mistakes.join('\n'));
      const findings = ask('lint', policy);
      for (const [severity, code] of [['warning', 'payout-cliff'], ['info', 'marginal-accelerator']]) {
        const found = findings.filter((each) => each[0] === severity && each[3] === code);
        assert.equal(found.length, 1, findings.join('\n'));
        assert.match(found[0]?.[4] ?? '', language === 'zh' ? /\p{Script=Han}/u : /^`bonus`|^the rate/);
      }
      const failures = ask('test', policy);
      assert.deepEqual(failures.map((each) => [each[0], each[1], each[3]]), [['error', policy, 'K0700']]);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
