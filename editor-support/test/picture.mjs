// A page that shows a file as VS Code's dark theme would, to look at: node picture.mjs FILE.kpi > page.html
import { readFile } from 'node:fs/promises';
import { loadGrammar, tokenize } from './textmate.mjs';

// The longest scope wins, of one token the innermost that has a colour.
const COLOURS = {
  comment: '#6a9955', 'comment.line.documentation': '#7fb77e', string: '#ce9178', 'constant.character.escape': '#d7ba7d',
  'variable.other.placeholder': '#9cdcfe', 'punctuation.definition.placeholder': '#569cd6', 'constant.numeric': '#b5cea8',
  'constant.language': '#569cd6', 'constant.other': '#4fc1ff', 'keyword.declaration': '#c586c0', 'keyword.control': '#c586c0',
  'keyword.other.clause': '#c586c0', 'keyword.other': '#569cd6', 'keyword.operator': '#d4d4d4', 'keyword.operator.word': '#569cd6',
  'keyword.other.unit': '#b5cea8', 'storage.type': '#4ec9b0', 'storage.modifier': '#569cd6', 'support.function': '#dcdcaa',
  'entity.name.function': '#dcdcaa', 'entity.name.type': '#4ec9b0', 'entity.name': '#4fc1ff', 'support.constant': '#4fc1ff',
  'entity.other.attribute-name': '#9cdcfe', 'support.module': '#4ec9b0', 'variable.language': '#569cd6', variable: '#9cdcfe',
  'punctuation.separator.table': '#808080', 'punctuation.definition.table': '#808080', 'invalid.illegal': '#f44747',
};
function colour(scopes) {
  for (const scope of [...scopes].reverse()) {
    const parts = scope.split('.');
    for (let length = parts.length; length > 0; length -= 1) {
      const found = COLOURS[parts.slice(0, length).join('.')];
      if (found) return found;
    }
  }
  return '#d4d4d4';
}
const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

const lines = tokenize(await loadGrammar(), await readFile(process.argv[2], 'utf8'));
const html = lines.map(({ text, tokens }) => tokens
  .map((token) => `<span style="color:${colour(token.scopes)}">${escape(text.slice(token.startIndex, token.endIndex))}</span>`)
  .join('')).join('\n');
console.log(`<!doctype html><meta charset="utf-8"><body style="background:#1e1e1e;margin:16px">
<pre style="font:14px/19px 'DejaVu Sans Mono','Noto Sans Mono CJK SC',monospace">${html}</pre>`);
