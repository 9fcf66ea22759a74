/**
 * Pictures of the example reports and of each figure, to be looked at: desktop, phone and print.
 *
 *     npx tsx scripts/look-at-report.ts FOLDER [en|sv]
 *
 * Also opens each report as a reader would and fails on any error, any request, and any figure that
 * does not become live.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import type { Run } from "../src/analysis/results.js";
import { type Figure, figures } from "../src/figure/figures.js";
import { renderReport } from "../src/report/render-report.js";
import { type Language, texts } from "../src/report/texts.js";
import { beatTheBlues, hardCases } from "../test/report/example-runs.js";
import { bundleLiveFigures } from "./bundle-live-figures.js";

const folder = resolve(process.argv[2] ?? "look");
const language: Language = process.argv[3] === "sv" ? "sv" : "en";
const runs: Readonly<Record<string, Run>> = { report: beatTheBlues, "hard-cases": hardCases };

async function lookAt(browser: Browser, name: string, run: Run, vegaRuntime: string): Promise<void> {
  const drawn = await figures(run, texts[language].figure);
  const page = await renderReport(run, { language, figures: drawn, vegaRuntime });
  const file = join(folder, `${name}.html`);
  writeFileSync(file, page);
  console.log(`${file} ${(page.length / 1024).toFixed(0)} kB, ${(vegaRuntime.length / 1024).toFixed(0)} kB of it Vega`);
  await screenshots(browser, file, name);
  for (const figure of drawn) await picture(browser, figure);
}

async function screenshots(browser: Browser, file: string, name: string): Promise<void> {
  for (const [kind, width] of Object.entries({ desktop: 1200, phone: 360 })) {
    const page = await openStrictly(browser, file, width);
    await page.screenshot({ path: join(folder, `${name}-${kind}.png`), fullPage: true });
    await checkWidth(page, `${name} at ${width} px`);
    if (kind === "desktop") await makeAllLive(page, name);
    if (kind === "desktop") await page.screenshot({ path: join(folder, `${name}-live.png`), fullPage: true });
    await page.close();
  }
  const page = await openStrictly(browser, file, 643);
  await page.emulateMedia({ media: "print" });
  await checkWidth(page, `${name} in print`);
  await page.screenshot({ path: join(folder, `${name}-print.png`), fullPage: true });
  await page.pdf({ path: join(folder, `${name}.pdf`), preferCSSPageSize: true });
  await page.close();
}

async function checkWidth(page: Page, what: string): Promise<void> {
  const overflow = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
  if (Number(overflow) > 0) throw new Error(`${what} is ${overflow} px too wide`);
}

async function openStrictly(browser: Browser, file: string, width: number): Promise<Page> {
  const page = await browser.newPage({ viewport: { width, height: 900 } });
  page.on("pageerror", (error) => {
    throw error;
  });
  page.on("console", (message) => {
    if (message.type() === "error") throw new Error(message.text());
  });
  const url = pathToFileURL(file).href;
  page.on("request", (request) => {
    if (request.url() !== url) throw new Error(`The report asks for ${request.url()}`);
  });
  await page.goto(url);
  return page;
}

async function makeAllLive(page: Page, name: string): Promise<void> {
  const before = await page.evaluate("document.documentElement.scrollHeight");
  for (const figure of await page.locator("figure[data-figure]").all()) {
    await figure.locator(".plot").hover();
    await figure.locator(".plot > div > svg").waitFor({ timeout: 5000 });
  }
  const after = await page.evaluate("document.documentElement.scrollHeight");
  if (before !== after) console.log(`${name}: the page grew from ${before} to ${after} px when figures became live`);
}

async function picture(browser: Browser, { id, svg }: Figure): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 900, height: 600 }, deviceScaleFactor: 2 });
  await page.setContent(`<body style="margin:0">${svg}</body>`);
  await page
    .locator("svg")
    .first()
    .screenshot({ path: join(folder, `${id}.png`) });
  await page.close();
}

mkdirSync(folder, { recursive: true });
const vegaRuntime = await bundleLiveFigures(resolve(import.meta.dirname, ".."));
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"],
});
for (const [name, run] of Object.entries(runs)) await lookAt(browser, name, run, vegaRuntime);
await browser.close();
