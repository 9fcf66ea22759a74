/**
 * Reports and figures are in one language, and the numbers do not depend on which: the trial's plans and the example of a
 * unit's own follow-up, in English and in Swedish.
 */
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { analysePlan } from "../../src/cli/analyse-plan.js";
import { renderFiles } from "../../src/cli/render-files.js";
import type { Language } from "../../src/plan/plan-language.js";
import { englishIn } from "../report/english-words.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

interface Written {
  readonly results: string;
  readonly report: string;
  /** By file name. */
  readonly figures: ReadonlyMap<string, string>;
}

async function written(plan: string, language: Language, only: readonly string[] | null): Promise<Written> {
  const { run } = await analysePlan({
    planPath: `analyses/${plan}/plan.yaml`,
    dataPaths: null,
    seed: null,
    only,
    language,
    blind: false,
    cwd: root,
    workers: 1,
  });
  const files = await renderFiles(run, language);
  const { levelLabels: _, ...results } = run.results as typeof run.results & { levelLabels?: unknown };
  return {
    results: JSON.stringify(results),
    report: String(files.find(({ name }) => name === "report.html")!.text),
    figures: new Map(files.filter(({ name }) => name.endsWith(".svg")).map(({ name, text }) => [name, String(text)])),
  };
}

/** Models of the default plan that the plan of design A alone has not, and that plan as a whole. */
const CASES: readonly { readonly plan: string; readonly only: readonly string[] | null }[] = [
  { plan: "fit-joint", only: ["flow", "baseline", "itt", "exposure-time", "harms"] },
  { plan: "fit-individual", only: null },
  { plan: "isu-example", only: null },
];

// ── texts ───────────────────────────────────────────────────────────────────────────────────────

const unescaped = (text: string): string =>
  text
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&quot;/g, '"')
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replace(/&amp;/g, "&");

/** What readers see of a page or a figure; code (ids, formulas, conditions) is the plan's own in every language. */
function textsOf(markup: string): string[] {
  const shown = markup
    .replace(/<(script|style|code)\b.*?<\/\1>/gs, "")
    .replace(/<svg\b.*?<\/svg>/gs, (svg) => (markup.startsWith("<svg") ? svg : ""));
  const attributes = [...shown.matchAll(/ (?:aria-label|title|alt)="([^"]*)"/g)].map(([, text]) => text!);
  const blocks = shown.replace(/<\/?(?:b|a|span|em|strong|sub|sup|i)\b[^>]*>/g, "").split(/<[^>]*>/);
  return [...blocks, ...attributes].map((text) => unescaped(text).trim()).filter((text) => text !== "");
}

/** Of the levels and texts of the data and the plans that have a label in English. */
const SWEDISH =
  /(?<![-\p{L}_])(?:och|är|av|för|med|inte|som|till|från|vid|enligt|kvinna|missbruk|ekonomi|pågår|planerat|flyttat|avbrott|öppenvård|förbättrad|oförändrad)(?![-\p{L}_])/iu;

// ── numbers ─────────────────────────────────────────────────────────────────────────────────────

const NUMBERS: Readonly<Record<Language, RegExp>> = {
  en: /\d{1,3}(?:,\d{3})+(?![\d])(?:\.\d+)?|\d+(?:\.\d+)?/g,
  sv: /\d{1,3}(?:[\u00a0\u202f]\d{3})+(?!\d)(?:,\d+)?|\d+(?:,\d+)?/g,
};

/** Without the version, and without what a caption gives in full because a figure had to shorten it. */
const withoutAsides = (text: string): string =>
  text.replace(/fit-rct \d+\.\d+\.\d+/g, "").replace(/(?:In full|I sin helhet): .*/s, "");

/** Numbers of a text as written in one language, in plain form; sorted, since sentences differ in their order. */
const numbersIn = (text: string, language: Language): string[] =>
  (withoutAsides(text).match(NUMBERS[language]) ?? [])
    .map((number) =>
      language === "en" ? number.replaceAll(",", "") : number.replace(/[\u00a0\u202f]/g, "").replace(",", "."),
    )
    .sort();

describe.each(CASES)("the report of $plan", ({ plan, only }) => {
  const both = Promise.all((["en", "sv"] as const).map((language) => written(plan, language, only)));

  it("is in Swedish, with its figures, when asked", async () => {
    const [, sv] = await both;
    const found = [sv!.report, ...sv!.figures.values()].flatMap(textsOf).flatMap((text) => {
      const words = englishIn(text);
      return words.length === 0 ? [] : [`${words.join(", ")}: ${text}`];
    });
    expect(found).toEqual([]);
    expect(sv!.report).not.toContain('lang="en"');
  }, 60_000);

  it("is in English otherwise, with the labels of Swedish levels", async () => {
    const [en] = await both;
    const found = [en!.report, ...en!.figures.values()]
      .flatMap(textsOf)
      .map((text) => text.replace(/\((?:condition|where)[^)]*\)/g, ""))
      .filter((text) => SWEDISH.test(text));
    expect(found).toEqual([]);
  }, 60_000);

  it("has the same results and the same numbers in both", async () => {
    const [en, sv] = await both;
    expect(sv!.results).toBe(en!.results);
    const cells = (report: string): string[] =>
      [
        ...report.replace(/<svg\b.*?<\/svg>/gs, "").matchAll(/<(td|dd|p|li|figcaption|caption)\b[^>]*>(.*?)<\/\1>/gs),
      ].map(([, , inner]) => unescaped(inner!.replace(/<code>.*?<\/code>/gs, "").replace(/<[^>]*>/g, "")));
    const [english, swedish] = [cells(en!.report), cells(sv!.report)];
    expect(swedish.length).toBe(english.length);
    const differing = english.flatMap((text, i) => {
      const [a, b] = [numbersIn(text, "en"), numbersIn(swedish[i]!, "sv")];
      return a.join(" ") === b.join(" ") ? [] : [[text, swedish[i]]];
    });
    expect(differing).toEqual([]);
    const inFigure = (svg: string, language: Language): string =>
      textsOf(svg)
        .flatMap((text) => numbersIn(text, language))
        .sort()
        .join(" ");
    const figures = [...en!.figures].filter(
      ([name, svg]) => inFigure(svg, "en") !== inFigure(sv!.figures.get(name) ?? "", "sv"),
    );
    expect(figures.map(([name]) => name)).toEqual([]);
  }, 60_000);
});
