// Opens the workspace in VS Code's workbench, as a headless Chromium shows it, and lets `probe/index.js` run in its test host.
// KPI_URL is the server, KPI_WORKSPACE the folder, KPI_PICTURES where pictures go, KPI_CHROMIUM the browser.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const require = createRequire(`${process.env.KPI_HOST}/package.json`);
const { chromium } = require('playwright-core');
const url = new URL(process.env.KPI_URL);
const workspace = process.env.KPI_WORKSPACE;
const pictures = process.env.KPI_PICTURES;
const remote = (path) => `vscode-remote://${url.host}${path}`;
const probe = new URL('probe', import.meta.url).pathname;
const payload = [
  ['extensionDevelopmentPath', remote(probe)],
  ['extensionTestsPath', remote(`${probe}/index.js`)],
];
url.search = new URLSearchParams({ folder: workspace, payload: JSON.stringify(payload) }).toString();

const notes = `${workspace}/.pictures`;
await rm(notes, { recursive: true, force: true });
await mkdir(notes, { recursive: true });
await mkdir(pictures, { recursive: true });
const browser = await chromium.launch({ executablePath: process.env.KPI_CHROMIUM, args: ['--no-sandbox'] });
try {
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 }, locale: process.env.KPI_LOCALE ?? 'en' });
  let status;
  await page.exposeFunction('codeAutomationLog', (type, words) => process.env.KPI_VERBOSE && console.log(type, ...words));
  await page.exposeFunction('codeAutomationExit', (code) => { status = code; });
  await page.goto(url.href, { waitUntil: 'commit', timeout: 120_000 });
  for (const end = Date.now() + 600_000; status === undefined && Date.now() < end; ) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    for (const file of await readdir(notes)) {
      if (file.endsWith('.keys')) {
        for (const word of JSON.parse(await readFile(`${notes}/${file}`, 'utf8'))) {
          if (word === 'proposals') await page.waitForSelector('.suggest-widget.visible .monaco-list-row', { timeout: 20_000 }).catch(() => undefined);
          else if (/^(Enter|Tab|Escape)$/.test(word)) await page.keyboard.press(word);
          else await page.keyboard.type(word, { delay: 30 });
          await new Promise((resolve) => setTimeout(resolve, 300));
        }
        await rm(`${notes}/${file}`);
        await writeFile(`${notes}/${file.slice(0, -'.keys'.length)}.done`, '');
      }
      if (!file.endsWith('.wanted')) continue;
      const name = file.slice(0, -'.wanted'.length);
      await page.screenshot({ path: `${pictures}/${name}.png` });
      await rm(`${notes}/${file}`);
      await writeFile(`${notes}/${name}.done`, '');
    }
    if (status === undefined && (await readdir(notes)).includes('result.txt')) status = -1;
  }
  await page.screenshot({ path: `${pictures}/end.png` });
} finally {
  await browser.close();
}
const result = await readFile(`${notes}/result.txt`, 'utf8').catch(() => 'VS Code gave no result\n0 passed, 1 failed\n');
process.stdout.write(result);
process.exit(/, 0 failed\n$/.test(result) ? 0 : 1);
