// Loads the built extension with a stand-in for VS Code that records what is registered, and starts it: with a program
// that does not exist, which must be said in words, and with `kpi` (KPI), whose tests the test view must find and run.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import Module from 'node:module';
import { readFile } from 'node:fs/promises';

const require = createRequire(import.meta.url);
const extension = new URL('../vscode/', import.meta.url);
const manifest = JSON.parse(await readFile(new URL('package.json', extension), 'utf8'));

// Whatever is not given below is a function, class, event and namespace at once, which does nothing.
function anything() {
  const target = function () {};
  return new Proxy(target, {
    get: (object, key) => {
      if (key === 'then' || key === Symbol.toPrimitive || key === Symbol.iterator) return undefined;
      if (key === 'prototype') return object.prototype;
      return (object[key] ??= anything());
    },
    apply: () => anything(),
    construct: () => anything(),
  });
}

class Position { constructor(line, character) { Object.assign(this, { line, character }); } }
class Range { constructor(start, end) { Object.assign(this, { start, end }); } }
class Uri {
  constructor(scheme, path) { Object.assign(this, { scheme, path, fsPath: path }); }
  static file(path) { return new Uri('file', path); }
  toString() { return `${this.scheme}://${this.path}`; }
}
class TestMessage { constructor(message) { this.message = message; } }
class Items extends Map {
  add(item) { this.set(item.id, item); }
  replace(items) { this.clear(); items.forEach((item) => this.add(item)); }
  forEach(visit) { [...this.values()].forEach((item) => visit(item)); }
}

let settings = {};
const commands = new Map();
const errors = [];
const controllers = [];
const disposable = { dispose() {} };
const log = [];
const given = {
  Position, Range, Uri, TestMessage,
  env: { language: 'zh-cn' },
  l10n: { t: (text, ...values) => text.replace(/\{(\d)\}/g, (_, n) => values[n]) },
  TestRunProfileKind: { Run: 1 },
  commands: {
    registerCommand: (name, action) => (commands.set(name, action), disposable),
    executeCommand: async () => undefined,
  },
  window: {
    showErrorMessage: async (text) => { errors.push(text); },
    createOutputChannel: () => ({ ...disposable, append: (text) => log.push(text), appendLine: (text) => log.push(text), show() {}, clear() {} }),
  },
  workspace: {
    isTrusted: true,
    textDocuments: [],
    getConfiguration: () => ({ get: (name, fallback) => settings[name] ?? fallback }),
    getWorkspaceFolder: () => undefined,
    asRelativePath: (uri) => uri.path,
    findFiles: async () => [Uri.file(process.env.KPI_POLICY)],
    fs: { readFile: (uri) => readFile(uri.path) },
  },
  tests: {
    createTestController: (id, label) => {
      const controller = {
        ...disposable, id, label, items: new Items(), results: [],
        createTestItem: (itemId, itemLabel, uri) => ({ id: itemId, label: itemLabel, uri, children: new Childs() }),
        createRunProfile: (name, kind, run) => { controller.run = run; },
        createTestRun: () => Object.fromEntries(['started', 'passed', 'failed', 'errored', 'skipped', 'appendOutput', 'end'].map((event) =>
          [event, (test, messages) => controller.results.push({ event, test: test?.label, messages })])),
      };
      controllers.push(controller);
      return controller;
    },
  },
};
class Childs extends Items {
  replace(items) {
    super.replace(items);
    for (const item of items) item.parent = [...controllers.at(-1).items.values()].find((each) => each.children === this) ?? { children: this, uri: item.uri, id: 'file' };
  }
}
function standIn(values) {
  const rest = anything();
  return new Proxy(values, {
    get: (object, key) => {
      const value = object[key];
      const plain = typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
      return value === undefined ? rest[key] : plain ? standIn(value) : value;
    },
  });
}
// Bundled code copies what a module has, so every name of the interface is there.
const names = (await readFile(new URL('node_modules/@types/vscode/index.d.ts', extension), 'utf8'))
  .matchAll(/^\s{1,4}export (?:abstract )?(?:class|enum|namespace|const|function) (\w+)/gm);
const vscode = {};
for (const [, name] of names) vscode[name] ??= anything();
for (const [name, value] of Object.entries(given)) vscode[name] = Object.getPrototypeOf(value) === Object.prototype ? standIn(value) : value;
const load = Module._load;
Module._load = (name, ...more) => (name === 'vscode' ? vscode : load(name, ...more));

let passed = 0;
let failed = 0;
async function check(what, action) {
  try {
    await action();
    passed += 1;
  } catch (error) {
    failed += 1;
    console.log(`${what}: ${error.stack}`);
  }
}

const { activate } = require(new URL('dist/extension.js', extension).pathname);
settings = { path: '/no/such/kpi' };
await check('activation without the program', async () => {
  await activate({ subscriptions: [] });
  assert.equal(errors.length, 1);
  assert.match(errors[0], /\/no\/such\/kpi/);
});
await check('every command is registered', () => {
  for (const { command } of manifest.contributes.commands) assert.ok(commands.has(command), command);
});

settings = { path: process.env.KPI, language: 'zh' };
const controller = controllers[0];
await check('the test view finds the tests of the policy', async () => {
  await controller.refreshHandler();
  const [file] = [...controller.items.values()];
  assert.ok(file.children.size >= 3);
});
const token = { isCancellationRequested: false, onCancellationRequested: () => disposable };
await check('the test view runs them', async () => {
  await controller.run({}, token);
  const tests = [...[...controller.items.values()][0].children.values()].map((each) => each.label);
  assert.deepEqual(controller.results.filter((each) => each.event === 'passed').map((each) => each.test), tests);
  assert.equal(controller.results.at(-1).event, 'end');
});
await check('a policy that does not compile is an error of each test, with its place', async () => {
  const { mkdtemp, rm, writeFile } = await import('node:fs/promises');
  const folder = await mkdtemp('/tmp/kpi-');
  const path = `${folder}/错误.kpi`;
  await writeFile(path, `${await readFile(process.env.KPI_POLICY, 'utf8')}\nmetric x = sum(orders.amoun)\n`);
  given.workspace.findFiles = async () => [Uri.file(path)];
  controller.items.clear();
  controller.results.length = 0;
  await controller.refreshHandler();
  await controller.run({}, token);
  await rm(folder, { recursive: true });
  const wrong = controller.results.filter((each) => each.event === 'errored');
  assert.ok(wrong.length >= 3);
  assert.match(wrong[0].messages[0].message, /没有字段/);
});

console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
