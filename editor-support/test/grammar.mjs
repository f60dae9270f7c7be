// Checks the highlighting of the samples in grammar/*.kpi. Below a line stand what its words must be:
//
//   metric 净额 = sum(orders.amount)
//   #: 净额 -> entity.name.variable
//   #: sum@1 -> support.function        the first `sum` of the line; without @ there must be only one
//   #: amount !-> keyword               has no scope that begins so
//
// Prints each failure and `N passed, N failed`.
import { readFile, readdir } from 'node:fs/promises';
import { loadGrammar, tokenize } from './textmate.mjs';

const folder = new URL('grammar/', import.meta.url);
const EXPECTATION = /^\s*#: (.+?)(?:@(\d+))? (!?->) (\S+)$/;

function place(line, word, occurrence) {
  const found = [];
  for (let at = line.indexOf(word); at >= 0; at = line.indexOf(word, at + word.length)) found.push(at);
  if (occurrence) return found[occurrence - 1];
  return found.length === 1 ? found[0] : undefined;
}

function problemOf({ text, tokens }, word, occurrence, arrow, scope) {
  const begin = place(text, word, occurrence);
  if (begin === undefined) return `\`${word}\` stands not once in the line, say which with @1`;
  const touched = tokens.filter((token) => token.startIndex < begin + word.length && token.endIndex > begin);
  const has = (token) => token.scopes.some((each) => each === scope || each.startsWith(`${scope}.`));
  const good = arrow === '->' ? touched.every(has) : !touched.some(has);
  return good ? undefined : `\`${word}\` ${arrow} ${scope}, but it has ${touched.map((t) => t.scopes.slice(1).join(' ')).join(' / ')}`;
}

const grammar = await loadGrammar();
let passed = 0;
let failed = 0;
for (const name of (await readdir(folder)).filter((each) => each.endsWith('.kpi')).sort()) {
  // Expectations are taken out first, so that the text is what a person would write.
  const lines = [];
  const expectations = [];
  for (const [number, line] of (await readFile(new URL(name, folder), 'utf8')).split(/\r?\n/).entries()) {
    const match = EXPECTATION.exec(line);
    if (match) expectations.push({ number: number + 1, line: lines.length - 1, match });
    else lines.push(line);
  }
  const tokens = tokenize(grammar, lines.join('\n'));
  for (const { number, line, match } of expectations) {
    const problem = problemOf(tokens[line], match[1], Number(match[2] ?? 0), match[3], match[4]);
    if (problem) console.log(`${name}:${number}: ${problem}`);
    if (problem) failed += 1;
    else passed += 1;
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
