// Opens a page in real Chromium in four guises, and says what was seen as JSON: node look.mjs CACHE PAGE PICTURES
import { createRequire } from 'node:module';

const [cache, page, pictures] = process.argv.slice(2);
const require = createRequire(`${cache}/`);
const { chromium } = require('playwright-core');
const axe = require.resolve('axe-core/axe.min.js');

const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args });
const seen = [];
for (const width of [1280, 390]) {
  for (const colorScheme of ['light', 'dark']) {
    // The report forbids every script; the checker is one, so it is let in past that.
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, bypassCSP: true });
    const tab = await context.newPage();
    const errors = [];
    const requests = [];
    tab.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    tab.on('pageerror', (error) => errors.push(String(error)));
    tab.on('dialog', (dialog) => { errors.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
    tab.on('request', (request) => requests.push(request.url()));
    await tab.goto(`file://${page}`);
    await tab.screenshot({ path: `${pictures}/${width}-${colorScheme}.png`, fullPage: true });
    const overflow = await tab.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    const height = await tab.evaluate(() => document.documentElement.scrollHeight);
    const rows = await tab.evaluate(() => [...document.querySelectorAll('.runs > li')].map((row) => row.offsetHeight));
    const cut = await tab.evaluate(() => [...document.querySelectorAll('.model code, .label code')].filter((id) => {
      const beyond = id.getBoundingClientRect().right - id.parentElement.getBoundingClientRect().right;
      return beyond > 1 || id.scrollWidth > id.clientWidth;
    }).length);
    const edges = await tab.evaluate(() => {
      document.querySelectorAll('.part').forEach((part) => { part.open = true; });
      return [...document.querySelectorAll('.plots svg, .axis > div')].map((drawn) => {
        const { left, right } = drawn.getBoundingClientRect();
        return [Math.round(left), Math.round(right)];
      });
    });
    const pages = (await tab.pdf({ format: 'A4' })).toString('latin1').match(/\/Type \/Page\b/g).length;
    const scripts = await tab.evaluate(() => document.querySelectorAll('script').length);
    await tab.addScriptTag({ path: axe });
    const found = await tab.evaluate(async () => (await globalThis.axe.run()).violations);
    const violations = found.map(({ id, impact, help, nodes }) => ({ id, impact, help, where: nodes[0].html }));
    const focus = [];
    for (let step = 0; step < 20; step += 1) {
      await tab.keyboard.press('Tab');
      focus.push(await tab.evaluate(() => document.activeElement.tagName));
    }
    seen.push({ width, colorScheme, errors, requests, overflow, height, rows, cut, edges, pages, scripts, violations, focus });
    await context.close();
  }
}
await browser.close();
console.log(JSON.stringify(seen));
