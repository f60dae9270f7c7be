// What is said to the program `kpi` and what it answers; nothing here needs VS Code.
import { execFile } from 'node:child_process';
import * as path from 'node:path';

export type Command = 'check' | 'lint' | 'analyze' | 'test' | 'fmt' | 'run' | 'explain' | 'data';
export type Language = 'en' | 'zh';

/** Positions count UTF-16 units from 0, as in VS Code. */
export interface Place {
  readonly line: number;
  readonly character: number;
}

export interface FoundTest {
  readonly name: string;
  readonly start: Place;
  readonly end: Place;
}

export interface Failure {
  readonly message: string;
  readonly file: string;
  readonly start: Place;
  readonly end: Place;
}

export interface Outcome {
  readonly name: string;
  readonly passed: boolean;
  readonly failures: readonly Failure[];
}

/** What `kpi test --format json` says: outcomes, or why there are none. */
export interface TestRun {
  readonly outcomes: readonly Outcome[];
  readonly problems: readonly Failure[];
}

/** The language of messages: the setting, or that of the editor's display. */
export function languageOf(setting: string, display: string): Language {
  if (setting === 'en' || setting === 'zh') return setting;
  return display.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

/** A path of the settings as an absolute one; empty stays empty. */
export function absolutePath(name: string, folder: string | undefined): string {
  if (name === '' || path.isAbsolute(name)) return name;
  return folder === undefined ? path.resolve(name) : path.join(folder, name);
}

/** What can stand behind --period: `2026`, `2026-07`, `2026-Q3`, `2026-W27`, a day, or two with `..` between. */
export function isPeriod(text: string): boolean {
  const one = String.raw`\d{4}(?:-(?:Q[1-4]|W\d{2}|\d{2}(?:-\d{2})?))?`;
  return new RegExp(`^${one}(?:\\.\\.${one})?$`).test(text);
}

export interface Choices {
  readonly language: Language;
  readonly database?: string | undefined;
  readonly period?: string | undefined;
  readonly entity?: string | undefined;
  readonly more?: readonly string[];
}

/** The arguments of a command line. Findings come in the compact format, which the problem matchers read. */
export function argumentsOf(command: Command, file: string, choices: Choices): string[] {
  const words: string[] = [command, file];
  if (command === 'data') {
    if (choices.database) words.push(choices.database);
  } else if (command === 'run' || command === 'explain') {
    if (choices.database) words.push('--data', choices.database);
    if (choices.period) words.push('--period', choices.period);
    if (choices.entity) words.push('--entity', choices.entity);
  } else if (command === 'check' || command === 'lint' || command === 'test') {
    words.push('--format', 'compact');
  }
  return [...words, '--lang', choices.language, ...(choices.more ?? [])];
}

/** The tests that a text declares: lines that begin with `test "name"`, also inside a library. */
export function testsIn(text: string): FoundTest[] {
  const found: FoundTest[] = [];
  for (const [line, content] of text.split(/\r?\n/).entries()) {
    const match = /^(\s*)test(\s*)"((?:\\.|[^"\\])*)"/.exec(content);
    if (!match) continue;
    const indent = match[1]?.length ?? 0;
    found.push({
      name: unescaped(match[3] ?? ''),
      start: { line, character: indent },
      end: { line, character: match[0].length },
    });
  }
  return found;
}

function unescaped(text: string): string {
  return text.replace(/\\(?:u\{([0-9A-Fa-f]{1,6})\}|(.))/g, (whole, code: string | undefined, sign: string | undefined) => {
    if (code !== undefined) {
      const point = parseInt(code, 16);
      return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
    }
    return sign === 'n' ? '\n' : (sign ?? whole);
  });
}

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const listOf = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isObject) : []);
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function placeOf(value: unknown): Place {
  const at = isObject(value) ? value : {};
  const line = typeof at.line === 'number' ? at.line - 1 : 0;
  const character = typeof at.utf16 === 'number' ? at.utf16 : 0;
  return { line: Math.max(0, line), character };
}

function failureOf(json: Json): Failure {
  const lines = [textOf(json.message)];
  if (json.suggestion !== undefined) lines.push(`→ ${textOf(json.suggestion)}`);
  if (json.help !== undefined) lines.push(textOf(json.help));
  return { message: lines.join('\n'), file: textOf(json.file), start: placeOf(json.start), end: placeOf(json.end) };
}

/** Reads what `kpi test --format json` printed; throws when it is no JSON. */
export function testRunOf(output: string): TestRun {
  const json: unknown = JSON.parse(output);
  if (!isObject(json)) throw new Error('kpi test printed no JSON object');
  return {
    outcomes: listOf(json.tests).map((each) => ({
      name: textOf(each.name),
      passed: each.passed === true,
      failures: listOf(each.failures).map(failureOf),
    })),
    problems: listOf(json.diagnostics).filter((each) => each.severity === 'error').map(failureOf),
  };
}

export interface Ended {
  /** The exit status; -1 when the program could not be started or was ended. */
  readonly status: number;
  readonly output: string;
  readonly errors: string;
}

/** Runs the program and waits; never throws. */
export function runProgram(program: string, words: readonly string[], folder?: string, stop?: AbortSignal): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { encoding: 'utf8' as const, maxBuffer: 64 * 1024 * 1024, cwd: folder, signal: stop };
    execFile(program, [...words], options, (error, output, errors) => {
      const code = error ? (typeof error.code === 'number' ? error.code : -1) : 0;
      resolve({ status: code, output, errors: errors || (code === -1 && error ? error.message : '') });
    });
  });
}
