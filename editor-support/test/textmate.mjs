// The TextMate grammar as editors read it: tokens of a text, through the library that VS Code uses.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const extension = new URL('../vscode/', import.meta.url);
const require = createRequire(new URL('package.json', extension));
const textmate = require('vscode-textmate');
const oniguruma = require('vscode-oniguruma');

export async function loadGrammar(scope = 'source.kpi') {
  const wasm = await readFile(require.resolve('vscode-oniguruma/release/onig.wasm'));
  await oniguruma.loadWASM(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength));
  const registry = new textmate.Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
      createOnigString: (text) => new oniguruma.OnigString(text),
    }),
    loadGrammar: async (name) => {
      if (name !== 'source.kpi') return null;
      const file = new URL('syntaxes/kpi.tmLanguage.json', extension);
      return textmate.parseRawGrammar(await readFile(file, 'utf8'), 'kpi.tmLanguage.json');
    },
  });
  return registry.loadGrammar(scope);
}

/** [{text, tokens: [{startIndex, endIndex, scopes}]}] for each line. */
export function tokenize(grammar, text) {
  let state = textmate.INITIAL;
  return text.split(/\r?\n/).map((line) => {
    const result = grammar.tokenizeLine(line, state);
    state = result.ruleStack;
    return { text: line, tokens: result.tokens };
  });
}
