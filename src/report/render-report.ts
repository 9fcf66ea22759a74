/**
 * The report: one HTML file with everything in it, readable without scripts, in print and offline.
 *
 *     Run, Figure[] ─▶ sections ─▶ page
 *
 * Nothing in it depends on when, where or by whom it was made: the same run gives the same bytes.
 */
import type { AnalysisDisplay, AnalysisResult, Run } from "../analysis/results.js";
import { parseEstimateName } from "../figure/estimate-name.js";
import type { Figure } from "../figure/figures.js";
import { toVega } from "../figure/render-svg.js";
import { descriptiveHeading, isDescriptive, messageIn, renderAnalysis, titleOf } from "./analysis-section.js";
import { type ContentsEntry, isLong, renderContents } from "./contents.js";
import { multiplicityTable, testLabel } from "./effect-tables.js";
import { renderEstimands } from "./estimands-section.js";
import { flowTable } from "./flow-table.js";
import { formatNumber } from "./format-number.js";
import { embeddedJson, type Html, html, trusted } from "./html.js";
import { type PrimaryAnalysis, renderPrimaryResults } from "./primary-result.js";
import { reportStyle } from "./report-style.js";
import { type Numbering, numbering, renderTable } from "./report-table.js";
import { type Language, type Texts, texts as textsIn } from "./texts.js";

export interface ReportOptions {
  readonly language: Language;
  /** Of the run, in the same language. */
  readonly figures: readonly Figure[];
  /** The script that makes figures live (see live-figures.ts), as text; null for still figures alone. */
  readonly vegaRuntime: string | null;
}

/** Numbers of tables and figures, through the whole report. */
export interface Counters {
  readonly tables: Numbering;
  readonly figures: Numbering;
}

const SHORT_HASH = 12;
/** Parts of a trial-level analysis that a caption names. */
const MOST_PARTS = 2;

/** The whole page. Asynchronous because the security policy names the script by its hash. */
export async function renderReport(run: Run, { language, figures, vegaRuntime }: ReportOptions): Promise<string> {
  const texts = textsIn[language];
  const counters: Counters = { tables: numbering(), figures: numbering() };
  const script = vegaRuntime === null ? null : asScript(vegaRuntime);
  const toFigure = (figure: Figure) => renderFigure(figure, counters, script !== null, texts);
  const groups = groupsOf(run);
  // A plan with a diagram of the flow has the counts behind each analysis last; without one they are the flow.
  const hasDiagram = run.results.analyses.some(({ model }) => model === "participant-flow");
  const flow = () => renderFlow(run, groups, counters, texts);
  const page = html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${await securityPolicy(script)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="fit-rct ${run.results.version}">
<title>${run.title ?? run.results.plan.title}</title>
<style>${trusted(reportStyle)}</style>
</head>
<body>
<header>
<p class="kind">${texts.reportKind}</p>
<h1>${run.title ?? run.results.plan.title}</h1>
${renderFacts(run, texts)}
${renderBlinding(run, texts)}</header>
<main>
${renderOverview(run, groups, contentsOf(run, groups, hasDiagram, figures, texts), counters, texts)}${renderEstimands(run.estimands, linksTo(run, groups, texts), texts)}${hasDiagram ? null : flow()}
${groups.map(({ partOf, places }) => {
  const sections = places.map((i) =>
    renderSection(
      run.results.analyses[i]!,
      run.displays[i],
      figures,
      toFigure,
      counters,
      texts,
      run.results.blind === true,
      (id) => nameOf(run, id, texts),
    ),
  );
  return partOf === undefined ? html`${sections}` : renderTrialAnalysis(run, partOf, sections, texts);
})}
${renderDataProblems(run, texts)}${renderFamilies(run, groups, counters, texts)}${renderEvidence(figures, toFigure, texts)}${hasDiagram ? flow() : null}
</main>
<footer>
${renderProvenance(run, texts)}
</footer>
${script === null ? null : html`<script>${trusted(script)}</script>\n`}</body>
</html>
`;
  return page.html;
}

/** Neighbouring analyses that are parts of one trial-level analysis, by their places; every other analysis alone. */
interface Group {
  readonly partOf: string | undefined;
  readonly places: readonly number[];
}

/** In the order of the plan; of a trial-level analysis the primary part first. */
function groupsOf({ results }: Run): Group[] {
  const groups: { partOf: string | undefined; places: number[] }[] = [];
  results.analyses.forEach(({ partOf }, i) => {
    const last = groups.at(-1);
    if (partOf !== undefined && last?.partOf === partOf) last.places.push(i);
    else groups.push({ partOf, places: [i] });
  });
  const rank = (i: number) => (isPrimary(results.analyses[i]!) ? 0 : 1);
  return groups.map(({ partOf, places }) => ({
    partOf,
    places: places.toSorted((i, j) => rank(i) - rank(j) || i - j),
  }));
}

const isPrimary = ({ role, model }: AnalysisResult): boolean => role === "primary" && !isDescriptive(model);

/** What heads a trial-level analysis, or an analysis of its own. */
function headingOf(run: Run, { partOf, places }: Group, texts: Texts): string {
  const [first] = places;
  if (partOf !== undefined) return trialHeading(run, partOf, texts);
  const result = run.results.analyses[first!]!;
  return titleOf(run.displays[first!], texts) ?? descriptiveHeading(result, texts) ?? `${texts.analysis} ${result.id}`;
}

/** The analyses by their titles, also outside of their trial-level analysis: each once, with its place in the page. */
function linksTo(run: Run, groups: readonly Group[], texts: Texts): (id: string) => Html {
  return (id) => {
    const title = fullTitle(run, groups, id, texts);
    return title === null ? html`<code>${id}</code>` : html`<a href="#analysis-${id}">${title}</a>`;
  };
}

/** Of a part with the heading that it stands under before it; null of what the report does not have. */
function fullTitle(run: Run, groups: readonly Group[], id: string, texts: Texts): string | null {
  const at = run.results.analyses.findIndex((result) => result.id === id);
  const group = groups.find(({ places }) => places.includes(at));
  if (group === undefined) return null;
  const part = group.partOf === undefined ? null : titleOf(run.displays[at], texts);
  const title = headingOf(run, group, texts);
  return part === null ? title : `${title}: ${part}`;
}

/** Of a long report: its contents, and the primary result in numbers. */
function renderOverview(
  run: Run,
  groups: readonly Group[],
  entries: readonly ContentsEntry[],
  { tables }: Counters,
  texts: Texts,
): Html | null {
  if (!isLong(entries)) return null;
  const linkTo = linksTo(run, groups, texts);
  const primary = run.results.analyses.flatMap((result, i): PrimaryAnalysis[] =>
    isPrimary(result) ? [{ result, display: run.displays[i], link: linkTo(result.id) }] : [],
  );
  const first = primary.length === 0 ? [] : [{ id: "primary-result", title: texts.primaryResult }];
  return html`${renderContents([...first, ...entries], texts)}${renderPrimaryResults(primary, tables, texts)}`;
}

function contentsOf(
  run: Run,
  groups: readonly Group[],
  hasDiagram: boolean,
  figures: readonly Figure[],
  texts: Texts,
): ContentsEntry[] {
  const { results } = run;
  const hasFlow = run.displays.some(({ flow }) => flow.length > 0);
  const flow: ContentsEntry = { id: "rows", title: texts.flow.heading };
  const other = (id: string, title: string, isThere: boolean): ContentsEntry[] => (isThere ? [{ id, title }] : []);
  return [
    ...other("estimands", texts.estimands.heading, run.estimands !== undefined),
    ...(hasFlow && !hasDiagram ? [flow] : []),
    ...groups.map((group) => ({
      id: group.partOf === undefined ? `analysis-${results.analyses[group.places[0]!]!.id}` : `trial-${group.partOf}`,
      title: headingOf(run, group, texts),
      isPrimary: isPrimary(results.analyses[group.places[0]!]!),
    })),
    ...other("data-checks", texts.descriptive.dataChecks, (results.problems ?? []).length > 0),
    ...other("multiplicity", texts.effects.multiplicity.heading, results.multiplicity !== undefined),
    ...other(
      "evidence",
      texts.effects.evidenceHeading,
      figures.some(({ kind }) => kind === "evidence"),
    ),
    ...(hasFlow && hasDiagram ? [flow] : []),
    { id: "provenance", title: texts.provenance.heading },
  ];
}

const trialAnalysis = (run: Run, id: string) => run.trialAnalyses?.find((one) => one.id === id);

/** What the report says of a trial-level model; undefined of one that it does not know. */
const trialWords = (model: string | undefined, { trial }: Texts): { heading: string; lead: string } | undefined =>
  (trial.models as Readonly<Record<string, { heading: string; lead: string }>>)[model ?? ""];

function trialHeading(run: Run, id: string, texts: Texts): string {
  const analysis = trialAnalysis(run, id);
  return analysis?.title ?? trialWords(analysis?.model, texts)?.heading ?? id;
}

/** The parts of a trial-level analysis under its heading, theirs one level down. */
function renderTrialAnalysis(run: Run, id: string, sections: readonly Html[], texts: Texts): Html {
  const analysis = trialAnalysis(run, id);
  const words = trialWords(analysis?.model, texts);
  const role = (texts.roles as Readonly<Record<string, string>>)[analysis?.role ?? ""];
  return html`<section id="trial-${id}">
<div class="title"><h2>${trialHeading(run, id, texts)}</h2>${
    role === undefined ? null : html`<span class="badge">${role}</span>`
  }<code>${id}</code></div>${
    words === undefined
      ? null
      : html`
<p>${analysis?.population === undefined ? words.lead : texts.trial.leadOfPopulation(analysis.population.label, analysis.population.arm === "received")}${primarySentence(run, id, texts)}</p>`
  }
${sections.map(oneLevelDown)}</section>
`;
}

/** ` The primary effect is that at 12 months.`, of a primary analysis at several visits. */
function primarySentence({ results, displays }: Run, id: string, texts: Texts): string {
  const at = results.analyses.findIndex(({ partOf, role }) => partOf === id && role === "primary");
  const primary = displays[at]?.part?.primary;
  if (primary === undefined) return "";
  const unit = primary.unit === null ? null : texts.figure.unit(primary.unit);
  return ` ${texts.trial.primaryVisit(texts.figure.flow.visit(primary.visit, unit))}`;
}

/** Headings one level lower. Texts cannot hold a tag, since every `<` of theirs is escaped. */
const oneLevelDown = (section: Html): Html =>
  trusted(
    section.html.replace(/<(\/?)h([2-5])\b/g, (_, slash: string, level: string) => `<${slash}h${Number(level) + 1}`),
  );

function renderSection(
  result: AnalysisResult,
  display: AnalysisDisplay | undefined,
  figures: readonly Figure[],
  toFigure: (figure: Figure) => Html,
  counters: Counters,
  texts: Texts,
  isBlind: boolean,
  nameOther: (id: string) => string,
): Html {
  const own = figures.filter(({ analysis }) => analysis === result.id);
  return renderAnalysis({
    result,
    display,
    figures: own,
    toFigure,
    tables: counters.tables,
    texts,
    isBlind,
    nameOther,
  });
}

/** What an analysis is called in the section of another: its own heading, else its id. */
function nameOf({ results, displays }: Run, id: string, texts: Texts): string {
  const at = results.analyses.findIndex((result) => result.id === id);
  return titleOf(displays[at], texts) ?? id;
}

/** What is odd in the data of the trial, whatever the analyses make of it. */
function renderDataProblems({ results: { problems = [] } }: Run, texts: Texts): Html | null {
  if (problems.length === 0) return null;
  return html`<section id="data-checks">
<h2>${texts.descriptive.dataChecks}</h2>
<p>${texts.descriptive.dataChecksLead}</p>
<ul class="problems">${problems.map(
    (problem) =>
      html`<li class="${problem.severity}"><b>${texts.severities[problem.severity]}.</b> <code>${texts.descriptive.place(problem.path)}</code> ${messageIn(problem, texts)}</li>`,
  )}</ul>
</section>
`;
}

/** What is hidden, what cannot be, and a line for the foot of every printed page. */
function renderBlinding({ results }: Run, { blind }: Texts): Html | null {
  if (results.blind !== true) return null;
  const leftOut = results.leftOut ?? [];
  return html`<section class="blind">
<h2>${blind.heading}</h2>
<p>${blind.text}</p>
<p>${blind.cannotHide}</p>${leftOut.length === 0 ? null : html`\n<p>${blind.leftOut(leftOut)}</p>`}
</section>
<p class="running" aria-hidden="true">${blind.heading}</p>
`;
}

/** The families of tests that the plan declares, after the analyses that they are from. */
function renderFamilies(run: Run, groups: readonly Group[], { tables }: Counters, texts: Texts): Html | null {
  const { results } = run;
  if (results.multiplicity === undefined) return null;
  const labelOf = (id: string, name: string): string => {
    const at = results.analyses.findIndex((result) => result.id === id);
    const factors = Object.keys(results.analyses[at]?.n.groups ?? {});
    const label = testLabel(parseEstimateName(name, factors), texts);
    return `${fullTitle(run, groups, id, texts) ?? id}: ${label === "" ? name : label}`;
  };
  return html`<section id="multiplicity">
<h2>${texts.effects.multiplicity.heading}</h2>${results.multiplicity.map((family) =>
    renderTable(multiplicityTable(family, labelOf, texts), tables, texts),
  )}
</section>
`;
}

function renderEvidence(figures: readonly Figure[], toFigure: (figure: Figure) => Html, texts: Texts): Html | null {
  const own = figures.filter(({ kind }) => kind === "evidence");
  return own.length === 0
    ? null
    : html`<section id="evidence">
<h2>${texts.effects.evidenceHeading}</h2>${own.map(toFigure)}
</section>
`;
}

function renderFacts({ results, registration }: Run, texts: Texts): Html {
  const { facts } = texts;
  const estimated = results.analyses.filter(({ status }) => status === "estimated").length;
  const fact = (name: string, value: Html) => html`
<dt>${name}</dt><dd>${value}</dd>`;
  return html`<dl aria-label="${facts.heading}">${
    registration === null
      ? null
      : fact(
          facts.registration,
          html`${[registration.registry, registration.id, registration.date].filter((part) => part !== null).join(", ")}`,
        )
  }${fact(facts.plan, html`${results.plan.locked ? facts.locked : facts.notLocked}; ${shortHash(results.plan.sha256)}`)}${results.data.map(
    ({ name, sha256, rows }) =>
      fact(facts.data, html`${facts.dataFile(name, formatNumber(rows, 0, texts.numbers))}; ${shortHash(sha256)}`),
  )}${fact(facts.analyses, html`${facts.analysisCount(estimated, results.analyses.length)}`)}${fact(
    facts.seed,
    html`${String(results.seed)}`,
  )}${fact(facts.version, html`fit-rct ${results.version}`)}
</dl>`;
}

/** The first characters; the whole is under "Provenance". */
const shortHash = (sha256: string): Html =>
  html`SHA-256 <a href="#provenance" title="${sha256}"><code>${sha256.slice(0, SHORT_HASH)}</code></a>`;

/** One table for all the analyses that use the same rows. */
function renderFlow(run: Run, groups: readonly Group[], { tables }: Counters, texts: Texts): Html | null {
  const byFlow = new Map<string, number[]>();
  run.displays.forEach(({ flow }, i) => {
    if (flow.length === 0) return;
    const key = JSON.stringify(flow);
    byFlow.set(key, [...(byFlow.get(key) ?? []), i]);
  });
  if (byFlow.size === 0) return null;
  return html`<section id="rows">
<h2>${texts.flow.heading}</h2>${[...byFlow.values()].map((places) => {
    const display = run.displays[places[0]!]!;
    return renderTable(flowTable(display.flow, sharingRows(run, groups, places, texts), texts, display), tables, texts);
  })}
</section>`;
}

/** Titles of the analyses at these places; of many parts of one trial-level analysis its title, and how many. */
function sharingRows(run: Run, groups: readonly Group[], places: readonly number[], texts: Texts): string[] {
  return groups.flatMap((group) => {
    const own = group.places.filter((place) => places.includes(place));
    if (own.length === 0) return [];
    const heading = headingOf(run, group, texts);
    if (group.partOf === undefined) return [heading];
    const parts = own.map((place) => titleOf(run.displays[place], texts) ?? run.results.analyses[place]!.id);
    return [
      parts.length <= MOST_PARTS ? texts.flow.parts(heading, parts) : texts.flow.manyParts(heading, parts.length),
    ];
  });
}

function renderFigure(figure: Figure, { figures }: Counters, live: boolean, texts: Texts): Html {
  const label = texts.figureNumber(figures.next());
  return html`
<figure id="${figure.id}" data-figure>
<div class="scroll" role="region" tabindex="0" aria-label="${label}. ${texts.scrollableFigure}">
<div class="plot" role="img" aria-label="${figure.alt}" style="${sizeStyle(figure)}">${trusted(figure.svg)}</div>
</div>
<figcaption><b>${label}.</b> ${figure.title}. ${figure.caption}</figcaption>${
    live ? html`\n<script type="application/json">${embeddedJson(toVega(figure.spec))}</script>` : null
  }
</figure>`;
}

/** Figures grow a little on a screen, are printed at their natural size, and wide ones scroll rather than shrink. */
function sizeStyle({ svg }: Figure): string {
  const width = Number(/\bwidth="([\d.]+)"/.exec(svg)?.[1] ?? 0);
  return `--natural: ${Math.round(width)}px`;
}

function renderProvenance({ results }: Run, texts: Texts): Html {
  const { provenance } = texts;
  return html`<section id="provenance">
<h2>${provenance.heading}</h2>
<p>${provenance.text(results.version)}</p>
<dl>
<dt>${provenance.plan}</dt><dd><code>${results.plan.sha256}</code></dd>${results.data.map(
    ({ name, sha256 }) => html`
<dt>${provenance.data(name)}</dt><dd><code>${sha256}</code></dd>`,
  )}
</dl>
</section>`;
}

/** A script's text may not end its element; in JavaScript `<\/` is the same as `</`. */
const asScript = (text: string): string => text.replace(/<\/(?=script)/gi, "<\\/").replace(/<!--/g, "<\\!--");

/** Nothing is loaded from anywhere; the one script that may run is the one whose hash this is. */
async function securityPolicy(script: string | null): Promise<string> {
  const scripts = script === null ? "'none'" : `'sha256-${await sha256Base64(script)}'`;
  return [
    "default-src 'none'",
    `script-src ${scripts}`,
    "style-src 'unsafe-inline'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

async function sha256Base64(text: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return btoa(String.fromCharCode(...new Uint8Array(hash)));
}
