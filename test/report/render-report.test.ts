import { createHash } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import type { Run } from "../../src/analysis/results.js";
import { figures } from "../../src/figure/figures.js";
import { renderReport } from "../../src/report/render-report.js";
import { type Language, texts } from "../../src/report/texts.js";
import { beatTheBlues, HOSTILE, hardCases } from "./example-runs.js";

const RUNTIME = `globalThis.live = "</script><script>alert(1)</script>";`;

async function report(run: Run, language: Language, vegaRuntime: string | null): Promise<string> {
  return renderReport(run, { language, figures: await figures(run, texts[language].figure), vegaRuntime });
}

/** The tags of a page, without what is inside scripts and styles. */
function tagsOf(page: string): { name: string; closes: boolean; attributes: string }[] {
  const bare = page.replace(/(<(script|style)\b[^>]*>)[\s\S]*?<\/\2>/g, "$1</$2>");
  return [...bare.matchAll(/<(\/?)([a-zA-Z][\w:]*)((?:[^>"']|"[^"]*"|'[^']*')*)>/g)].map(
    ([, slash, name, attributes]) => ({
      name: name!,
      closes: slash === "/",
      attributes: attributes!,
    }),
  );
}

const VOID = new Set(["meta", "br", "link"]);

/** Every element is closed, in order. */
function expectWellFormed(page: string): void {
  const open: string[] = [];
  for (const { name, closes, attributes } of tagsOf(page)) {
    if (VOID.has(name) || attributes.endsWith("/")) continue;
    if (!closes) open.push(name);
    else expect(open.pop()).toBe(name);
  }
  expect(open).toEqual([]);
}

const headings = (page: string): number[] =>
  tagsOf(page)
    .filter(({ name, closes }) => /^h[1-6]$/.test(name) && !closes)
    .map(({ name }) => Number(name[1]));

let plain: string;
let hard: string;

beforeAll(async () => {
  plain = await report(beatTheBlues, "en", RUNTIME);
  hard = await report(hardCases, "en", RUNTIME);
});

describe("the page", () => {
  test("is well formed, with one h1 and no heading level left out", () => {
    for (const page of [plain, hard]) {
      expectWellFormed(page);
      const levels = headings(page);
      expect(levels.filter((level) => level === 1)).toHaveLength(1);
      levels.forEach((level, i) => {
        expect(level - (levels[i - 1] ?? 0)).toBeLessThanOrEqual(1);
      });
    }
  });

  test("loads nothing", () => {
    for (const page of [plain, hard]) {
      const bare = page.replace(/<script type="application\/json">[\s\S]*?<\/script>/g, "");
      expect(bare.replaceAll(/xmlns(:xlink)?="http:[^"]*"/g, "")).not.toMatch(/https?:|url\((?!#)|@import|src=/);
      expect(tagsOf(page).map(({ name }) => name)).not.toContain("link");
    }
  });

  test("forbids all but its own script, by its hash", () => {
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(plain)![1]!.replaceAll("&#39;", "'");
    const script = /<script>([\s\S]*?)<\/script>\n<\/body>/.exec(plain)![1]!;
    const hash = createHash("sha256").update(script).digest("base64");
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(`script-src 'sha256-${hash}'`);
    expect(policy).not.toMatch(/unsafe-eval|script-src[^;]*unsafe-inline/);
  });

  test("the runtime cannot end its own element", () => {
    const json = plain.match(/<script type="application\/json">/g)!.length;
    expect(plain.match(/<\/script/gi)).toHaveLength(json + 1);
    expect(plain).toMatch(/<script>globalThis\.live = "<\\\/script>/);
  });

  test("without a runtime has no script at all, and its figures", async () => {
    const still = await report(beatTheBlues, "en", null);
    expect(still).not.toContain("<script");
    expect(still).toContain("script-src 'none'".replaceAll("'", "&#39;"));
    expect(still.match(/<svg /g)).toHaveLength(10);
  });

  test("is the same twice, and holds no time", async () => {
    expect(await report(beatTheBlues, "en", RUNTIME)).toBe(plain);
    expect(plain).not.toMatch(/\d{2}:\d{2}:\d{2}/);
  });

  test("has an id once", () => {
    for (const page of [plain, hard]) {
      const ids = [...page.matchAll(/<[^<>]* id="([^"]*)"/g)].map(([, id]) => id);
      expect(new Set(ids).size).toBe(ids.length);
    }
  });
});

describe("what it says", () => {
  test("plan facts, short hashes with the whole below", () => {
    const { sha256 } = beatTheBlues.results.plan;
    expect(plain).toContain("OSF, osf.io/abcde, 2024-09-19");
    expect(plain).toContain("locked before the analysis");
    expect(plain).toContain(`<code>${sha256.slice(0, 12)}</code>`);
    expect(plain).toContain(`<code>${sha256}</code>`);
    expect(plain).toContain("<dt>Seed</dt><dd>20240919</dd>");
    expect(hard).toContain("not locked");
    expect(hard).not.toContain("Registration");
  });

  test("one table of rows for the analyses that share them", () => {
    expect(plain.match(/Participants and rows of data used/g)).toHaveLength(1);
    expect(plain).toContain("135 (70.3%)");
    expect(plain).toContain("Of 400 rows, 280 were used; excluded: bdi missing (120).");
  });

  test("the answer before the coefficients", () => {
    const order = ["Differences between arms", "Adjusted means", "Coefficients", "Variance components", "Model fit"];
    const places = order.map((heading) => plain.indexOf(`<h3>${heading}</h3>`));
    expect(places.every((place) => place > 0)).toBe(true);
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });

  test("a figure has its alternative text and caption", () => {
    expect(plain).toContain('<figure id="primary-differences" data-figure>');
    expect(plain).toMatch(/role="img" aria-label="Forest plot of 4 differences in bdi \(points\)[^"]*month 2: −3\.1/);
    expect(plain).toContain("<b>Figure 1.</b> Differences in bdi between arms.");
  });

  test("an analysis that was not estimated shows its reason and no number", () => {
    const section = /<section id="analysis-not-converged">[\s\S]*?<\/section>/.exec(hard)![0];
    expect(section).toContain("Not estimated.");
    expect(section.match(/did not converge in 500 iterations/g)).toHaveLength(1);
    expect(section).not.toMatch(/<table|<figure/);
  });

  test("a singular fit says so in words, beside its warning", () => {
    const section = /<section id="analysis-singular">[\s\S]*?<\/section>/.exec(hard)![0];
    expect(section).toContain("singular fit");
    expect(section).toContain('<li class="warning"><b>Warning.</b>');
  });

  test("without arms there are no differences", () => {
    const section = /<section id="analysis-no-arm">[\s\S]*?<\/section>/.exec(hard)![0];
    expect(section).not.toContain("Differences between arms");
    expect(section).toContain("z-tests");
  });

  test("hostile labels are text everywhere", () => {
    // As text: in elements, in attributes and in the specifications' JSON.
    for (const written of ["&lt;script&gt;alert(&quot;x&quot;)", "\\u003cscript\\u003ealert"]) {
      expect([written, hard.includes(written)]).toEqual([written, true]);
    }
    expect(hard.includes(HOSTILE)).toBe(false);
    expect(tagsOf(hard).filter(({ name, closes }) => name === "script" && !closes)).toHaveLength(11);
  });

  test("figures carry their specification when they can become live", () => {
    const specs = [...hard.matchAll(/<script type="application\/json">([\s\S]*?)<\/script>/g)];
    expect(specs).toHaveLength(10);
    for (const [, json] of specs) expect(JSON.parse(json!)).toHaveProperty("marks");
  });
});

describe("in Swedish", () => {
  test("numbers, terms and language follow", async () => {
    const page = await report(beatTheBlues, "sv", null);
    expectWellFormed(page);
    expect(page).toContain('<html lang="sv">');
    expect(page).toContain("−3,1");
    expect(page).toContain("medelvärdesskillnader");
    expect(page).toContain("frihetsgrader enligt Kenward–Roger");
    expect(page).not.toMatch(/Figure \d|Table \d|95% CI/);
  });

  test("problems are told in the report's language", async () => {
    const [en, sv] = [await report(hardCases, "en", null), await report(hardCases, "sv", null)];
    expect(sv).toContain("På svenska: fit.not-converged.");
    expect(sv).not.toContain("did not converge");
    expect(sv).not.toContain('<span lang="en"');
    expect(en).toContain("The optimiser did not converge");
    expect(en).not.toContain("På svenska");
  });
});

test("a title or label cannot turn the direction of the page", async () => {
  const { results } = beatTheBlues;
  const run: Run = {
    ...beatTheBlues,
    results: { ...results, plan: { ...results.plan, title: "\u202eeltit \u2067x" } },
  };
  const page = await report(run, "en", null);
  expect(page).toContain("<h1>[U+202E]eltit [U+2067]x</h1>");
  expect(page).not.toMatch(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/);
});
