/** The section of the report on one analysis: method, problems, then the answer before the rest. */
import type { AnalysisDisplay, AnalysisResult } from "../analysis/results.js";
import { groupLabel } from "../figure/estimate-name.js";
import type { Figure } from "../figure/figures.js";
import { withMadeLabels } from "../figure/made-labels.js";
import { agreementTables } from "./agreement-tables.js";
import { baselineTable } from "./baseline-table.js";
import { SHARE_MODELS, shareTables } from "./change-tables.js";
import { covarianceTable } from "./covariance-table.js";
import { effectsTable, standardisedTable } from "./effect-tables.js";
import {
  coefficientsTable,
  comparisonsTable,
  componentsTable,
  differencesTable,
  meansTable,
  type NamedEstimate,
  otherTable,
  outcomeLabel,
  ratiosTable,
  risksTable,
  type SortedEstimates,
  sortEstimates,
  testsTable,
  wedgeInferencesTable,
} from "./estimate-tables.js";
import { exclusionLabel } from "./flow-table.js";
import { formatNumber } from "./format-number.js";
import { type Html, html } from "./html.js";
import { jointTable } from "./joint-table.js";
import { moderatorsTable } from "./moderators-table.js";
import { type Numbering, type ReportTable, renderTable } from "./report-table.js";
import {
  atRiskTable,
  eventComparisonsTable,
  eventTable,
  eventTests,
  hazardRatiosTable,
  proportionalHazardsTable,
} from "./survival-tables.js";
import type { Texts } from "./texts.js";
import { periodsSentence } from "./trial-periods.js";
import { exposureTable, permutationTable, wedgeDesignTable } from "./wedge-tables.js";

export interface AnalysisParts {
  readonly result: AnalysisResult;
  /** Undefined when there is nothing to show beyond the result. */
  readonly display: AnalysisDisplay | undefined;
  readonly figures: readonly Figure[];
  readonly toFigure: (figure: Figure) => Html;
  readonly tables: Numbering;
  readonly texts: Texts;
  /** The arms are called X and Y. */
  readonly isBlind?: boolean;
  /** What another analysis is called, by its id; default the id. */
  readonly nameOther?: (id: string) => string;
}

/** Their formula says no more than their heading. */
const WITHOUT_FORMULA: readonly string[] = [
  "effect-size",
  "agreement",
  "participant-flow",
  "baseline-table",
  ...SHARE_MODELS,
];

export function renderAnalysis({ display: shown, ...others }: AnalysisParts): Html {
  const display = shown === undefined ? undefined : withMadeLabels(shown, others.texts.figure);
  const parts: AnalysisParts = { ...others, display };
  const { result, texts } = parts;
  return html`<section id="analysis-${result.id}">
${renderHeading(result, titleOf(display, texts) ?? descriptiveHeading(result, texts), parts.isBlind === true, texts)}
${display === undefined || isDescription(display) ? null : html`<p>${outcomeSentence(display, texts)}</p>`}
${
  display?.population === undefined
    ? null
    : html`<p>${texts.trial.population(display.population.label, display.population.arm === "received")}</p>
`
}<p>${methodSentence(result, display, texts)}</p>
${WITHOUT_FORMULA.includes(result.model) ? null : html`<p>${texts.formula}: ${formulaOf(result, parts.nameOther ?? ((id) => id), texts)}</p>\n`}${result.status === "estimated" ? renderProblems(result, texts) : renderReason(result, texts)}${
  result.status === "estimated" && display !== undefined ? renderNumbers(parts, display) : null
}
</section>
`;
}

/** As the plan has it; a joint analysis has none of its own, but those of two others. */
function formulaOf({ model, formula }: AnalysisResult, nameOther: (id: string) => string, texts: Texts): Html {
  const [, a, b] = /^(\S+) and (\S+) together$/.exec(model === "joint" ? formula : "") ?? [];
  return a === undefined
    ? html`<code>${formula}</code>`
    : html`${texts.wedge.joint.formula(nameOther(a), nameOther(b!))}`;
}

const isDescription = ({ trialFlow, baseline }: AnalysisDisplay): boolean =>
  trialFlow !== undefined || baseline !== undefined;

/** Of what is described and has no title in the plan. */
export const descriptiveHeading = ({ model }: AnalysisResult, { descriptive }: Texts): string | null =>
  model === "participant-flow"
    ? descriptive.flowHeading
    : model === "baseline-table"
      ? descriptive.baselineHeading
      : null;

/** The periods of recruitment and follow-up and the diagram, or the table, and nothing else. */
function renderDescription({ figures, toFigure, tables, texts }: AnalysisParts, display: AnalysisDisplay): Html {
  const periods = display.trialFlow === undefined ? null : periodsSentence(display.trialFlow, texts);
  return display.baseline === undefined
    ? html`${
        periods === null
          ? null
          : html`
<p>${periods}</p>`
      }${figures.map(toFigure)}`
    : html`${renderTable(baselineTable(display.baseline, display, texts), tables, texts)}`;
}

function outcomeSentence(display: AnalysisDisplay, texts: Texts): string {
  const { outcome, survival } = display;
  const label = outcomeLabel(display, texts);
  const event = survival?.cause ?? survival?.event;
  return event === undefined
    ? texts.outcome(label, outcome.better)
    : texts.survival.outcome(event, label, outcome.better);
}

/** As the plan has it, or what the part of a trial-level analysis is. */
export function titleOf(display: AnalysisDisplay | undefined, texts: Texts): string | null {
  if (display?.part === undefined) return display?.title ?? null;
  return display.title ?? texts.trial.parts[display.part.kind](display.part.of ?? "");
}

/** Tests nothing: it is neither primary nor secondary. */
export const isDescriptive = (model: string): boolean => model === "participant-flow" || model === "baseline-table";

function renderHeading(
  { id, role, model }: AnalysisResult,
  title: string | null,
  isBlind: boolean,
  texts: Texts,
): Html {
  const name = (texts.roles as Readonly<Record<string, string>>)[role] ?? role;
  return html`<div class="title"><h2>${title ?? `${texts.analysis} ${id}`}</h2>${isDescriptive(model) ? null : html`<span class="badge">${name}</span>`}${isBlind ? html`<span class="badge blind">${texts.blind.badge}</span>` : null}${
    title === null ? null : html`<code>${id}</code>`
  }</div>`;
}

/** In the report's language when the parts are known, else as the result has it. */
export const methodSentence = (result: AnalysisResult, display: AnalysisDisplay | undefined, texts: Texts): string =>
  display === undefined
    ? `${result.method}.`
    : texts.method({
        model: result.model,
        criterion: display.criterion,
        degreesOfFreedom: display.degreesOfFreedom,
        standardErrors: display.standardErrors,
        ...labelled(groupsAndClusters(result, display), display),
        working: display.working,
        covariance: display.covariance,
        residualBy: display.residualBy,
        integral: display.integral,
        survival: display.survival,
        link: display.link,
      });

/** Models whose groups are clusters, not random effects. */
const WITHOUT_RANDOM_EFFECTS: readonly string[] = ["linear", "logistic", "poisson", "gee"];

/** With the plan's words for the columns. */
const labelled = (
  { groups, clusters }: { readonly groups: readonly string[]; readonly clusters?: readonly string[] },
  { labels }: AnalysisDisplay,
) => ({
  groups: groups.map((group) => groupLabel(group, labels)),
  ...(clusters === undefined ? {} : { clusters: clusters.map((group) => groupLabel(group, labels)) }),
});

function groupsAndClusters({ model, n }: AnalysisResult, { covariance, clusters, survival }: AnalysisDisplay) {
  const groups = Object.keys(n.groups).filter((group) => group !== covariance?.participant);
  if (WITHOUT_RANDOM_EFFECTS.includes(model)) return { groups: [], clusters: groups };
  if (survival !== undefined) {
    const frailties = survival.frailty?.groups ?? [];
    return { groups: frailties, clusters: groups.filter((group) => !frailties.includes(group)) };
  }
  if (clusters === undefined) return { groups };
  const { column, hasRandomEffects } = clusters;
  return { groups: groups.filter((group) => group !== column || hasRandomEffects), clusters: [column] };
}

function renderReason({ reason = "", reasonSv = "", problems }: AnalysisResult, texts: Texts): Html {
  const others = problems.filter(({ message }) => message !== reason);
  return html`<ul class="problems"><li class="error"><b>${texts.notEstimated}.</b> ${texts.notEstimatedBecause} ${
    texts.language === "sv" ? reasonSv : reason
  }</li>${others.map((problem) => renderProblem(problem, texts))}</ul>`;
}

function renderProblems({ problems }: AnalysisResult, texts: Texts): Html | null {
  if (problems.length === 0) return null;
  return html`<ul class="problems" aria-label="${texts.headings.problems}">${problems.map((problem) =>
    renderProblem(problem, texts),
  )}</ul>`;
}

function renderProblem(problem: AnalysisResult["problems"][number], texts: Texts): Html {
  return html`<li class="${problem.severity}"><b>${texts.severities[problem.severity]}.</b> ${messageIn(problem, texts)}</li>`;
}

/** The message of a problem in the report's language. */
export const messageIn = (
  { message, messageSv }: Pick<AnalysisResult["problems"][number], "message" | "messageSv">,
  { language }: Texts,
): string => (language === "sv" ? messageSv : message);

/** The answer first: differences, then means, then what they rest on. */
function renderNumbers(parts: AnalysisParts, display: AnalysisDisplay): Html {
  if (isDescription(display)) return renderDescription(parts, display);
  const { result, figures, toFigure, tables, texts } = parts;
  const sorted = sortEstimates(result, display);
  const { headings } = texts;
  const figuresOf = (...kinds: readonly string[]) => figures.filter(({ kind }) => kinds.includes(kind)).map(toFigure);
  const part = (
    heading: string,
    rows: readonly NamedEstimate[],
    table: (rows: readonly NamedEstimate[], display: AnalysisDisplay, texts: Texts) => ReportTable,
    ...kinds: readonly string[]
  ): Html | null => {
    const shown = rows.length === 0 ? null : renderTable(table(rows, display, texts), tables, texts);
    const drawn = figuresOf(...kinds);
    return shown === null && drawn.length === 0
      ? null
      : html`
<h3>${heading}</h3>${shown}${drawn}`;
  };
  // In place: tables are numbered in the order in which they are made.
  const events = () => renderEvents(parts, display, sorted);
  return html`${renderShares(parts, display)}${renderAgreement(parts, display)}${renderModerators(parts, display)}${isPredicted(display) ? null : events()}${part(texts.effects.heading, sorted.effects, effectsTable)}${
    sorted.joint.length > 0
      ? part(texts.wedge.joint.heading, sorted.joint, jointTable, "differences")
      : part(
          display.wedge === undefined ? headings.differences : texts.wedge.effectsHeading,
          sorted.differences,
          differencesTable,
          "differences",
          ...(display.wedge === undefined || sorted.ratios.length > 0 ? [] : ["exposure-effect"]),
        )
  }${part(texts.effects.standardised.heading, sorted.standardised, standardisedTable)}${part(
    headings.risks,
    sorted.risks,
    risksTable,
  )}${
    sorted.hazardRatios.length === 0
      ? part(
          headings.ratios,
          sorted.ratios,
          ratiosTable,
          "ratios",
          ...(sorted.ratios.length > 0 ? ["exposure-effect"] : []),
        )
      : part(texts.survival.headings.hazardRatios, sorted.hazardRatios, hazardRatiosTable, "ratios")
  }${part(texts.wedge.inferenceHeading, sorted.wedgeInferences, wedgeInferencesTable)}${part(
    sorted.means.length > 0 ? headings.means : headings.observedMeans,
    sorted.means,
    meansTable,
    "profiles",
  )}${part(headings.coefficients, sorted.coefficients, coefficientsTable)}${
    sorted.tests.length === 0 ? null : renderTable(testsTable(sorted.tests, display, texts), tables, texts)
  }${part(
    texts.survival.headings.proportionalHazards,
    sorted.proportionalHazards,
    proportionalHazardsTable,
    "schoenfeld",
  )}${isPredicted(display) ? events() : null}${part(headings.components, sorted.components, componentsTable)}${part(
    texts.covariance.heading,
    sorted.covariances,
    (rows) =>
      covarianceTable(
        rows.map(({ estimate }) => estimate),
        sorted.components.length > 0,
        display,
        texts,
      ),
  )}${
    sorted.comparisons.length === 0
      ? null
      : renderTable(comparisonsTable(sorted.comparisons, display, texts), tables, texts)
  }${part(headings.other, sorted.other, otherTable)}${renderWedge(parts, display)}${renderFit(result, display, texts)}${renderDiagnostics(parts)}`;
}

function renderModerators({ result, tables, texts }: AnalysisParts, display: AnalysisDisplay): Html | null {
  const table = moderatorsTable(result, display, texts);
  if (table === null) return null;
  return html`
<h3>${texts.trial.moderation.heading}</h3>${renderTable(table, tables, texts)}`;
}

function renderAgreement({ result, tables, texts }: AnalysisParts, display: AnalysisDisplay): Html | null {
  if (result.model !== "agreement") return null;
  return html`
<h3>${texts.trial.agreement.heading}</h3>${agreementTables(result, display, texts).map((table) => renderTable(table, tables, texts))}`;
}

/** Classes of change, or counts and shares. */
function renderShares({ result, tables, texts }: AnalysisParts, display: AnalysisDisplay): Html | null {
  if (!SHARE_MODELS.includes(result.model)) return null;
  const { heading, sharesHeading } = texts.change;
  return html`
<h3>${result.model === "shares" ? sharesHeading : heading}</h3>${shareTables(result, display, texts).map((table) =>
    renderTable(table, tables, texts),
  )}`;
}

/** The permutation test of a stepped wedge, its design, and what follow-up past the switch changes. */
function renderWedge(
  { result, figures, toFigure, tables, texts }: AnalysisParts,
  { wedge }: AnalysisDisplay,
): Html | null {
  if (wedge === undefined) return null;
  const permuted = result.estimates.filter(({ permutation }) => permutation !== undefined);
  const { wedgeDesign } = texts;
  const part = (heading: string, table: ReportTable): Html => html`
<h3>${heading}</h3>${renderTable(table, tables, texts)}`;
  return html`${permuted.length === 0 ? null : part(wedgeDesign.permutationHeading, permutationTable(permuted, texts))}${part(
    wedgeDesign.heading,
    wedgeDesignTable(wedge, texts),
  )}${figures.filter(({ kind }) => kind === "design" || kind === "cluster-periods").map(toFigure)}${wedge.exposure === null ? null : part(wedgeDesign.exposureHeading, exposureTable(wedge, texts))}`;
}

/** Of a model, not of the data. */
const isPredicted = ({ curves = [] }: AnalysisDisplay): boolean => curves.every(({ source }) => source === "predicted");

/** Curves, what is read off them, and the tests between them. */
function renderEvents(
  { figures, toFigure, tables, texts }: AnalysisParts,
  display: AnalysisDisplay,
  { eventQuantities, eventComparisons, eventTests: tests }: SortedEstimates,
): Html | null {
  const drawn = figures.filter(({ kind }) => kind.startsWith("curves-"));
  if (eventQuantities.length + eventComparisons.length + tests.length + drawn.length === 0) return null;
  const { headings } = texts.survival;
  const { curves = [] } = display;
  const heading = isPredicted(display)
    ? headings.predicted
    : curves.some(({ kind }) => kind === "incidence")
      ? headings.incidence
      : headings.survival;
  const atRisk = curves.map((one) => atRiskTable(one, texts)).filter((table) => table !== null);
  return html`
<h3>${heading}</h3>${
    eventQuantities.length === 0 ? null : renderTable(eventTable(eventQuantities, display, texts), tables, texts)
  }${eventTests(tests, texts).map(
    (sentence) => html`
<p>${sentence}</p>`,
  )}${
    eventComparisons.length === 0
      ? null
      : renderTable(eventComparisonsTable(eventComparisons, display, texts), tables, texts)
  }${drawn.map(toFigure)}${atRisk.map((table) => renderTable(table, tables, texts))}`;
}

/** Counts and curves of the rows as they are. */
const WITHOUT_MODEL: readonly string[] = [
  "effect-size",
  "agreement",
  "kaplan-meier",
  "competing-risks",
  ...SHARE_MODELS,
];

function renderFit(result: AnalysisResult, display: AnalysisDisplay, texts: Texts): Html | null {
  const { fit, n } = result;
  const { criterion } = display;
  if (fit === null) return null;
  const number = (value: number | null, decimals: number) => formatNumber(value, decimals, texts.numbers);
  const facts: [string, string][] = [
    ...likelihoodFacts(fit, criterion, texts),
    [texts.fit.observations, number(n.observations, 0)],
    ...(display.survival === undefined
      ? []
      : [[texts.survival.eventCount, number(display.survival.events, 0)] as [string, string]]),
    ...coxFacts(result, display, texts),
    ...Object.entries(n.groups).map(([group, levels]): [string, string] => [
      texts.fit.groups(groupLabel(group, display.labels)),
      number(levels, 0),
    ]),
    ...convergenceFacts(result, criterion, texts),
  ];
  return html`
<h3>${WITHOUT_MODEL.includes(result.model) ? texts.flow.heading : texts.headings.fit}</h3>
<dl>${facts.map(
    ([name, value]) => html`
<dt>${name}</dt><dd>${value}</dd>`,
  )}
</dl>
<p>${exclusionNote(result, display, texts)}</p>`;
}

/** Tests that all coefficients are 0, and how well the model tells who has the event first. */
function coxFacts(result: AnalysisResult, display: AnalysisDisplay, texts: Texts): [string, string][] {
  const { globalTests, concordance } = sortEstimates(result, display);
  const tests = globalTests.map(({ estimate, name }): [string, string] => {
    const number = (value: number | null, decimals: number) => formatNumber(value, decimals, texts.numbers);
    const { statistic, numeratorDf, df, p } = estimate;
    const kind = name.kind === "test" ? name.term.slice("GLOBAL:".length) : "";
    if (numeratorDf !== undefined && df !== null) {
      // p is from F: χ² beside it would belong to another p.
      const degrees = `${number(numeratorDf, 0)}${texts.figure.thousands === "," ? ", " : "; "}${number(df, 1)}`;
      return [
        texts.survival.globalTest(kind),
        texts.survival.testNumbers(number(statistic, 2), degrees, texts.figure.p(p), "F"),
      ];
    }
    // On a normal reference the test of q coefficients is χ², q times the F that the estimate holds.
    const chiSquared = statistic === null || numeratorDf === undefined ? statistic : statistic * numeratorDf;
    const numbers = texts.survival.testNumbers(number(chiSquared, 2), number(numeratorDf ?? df, 0), texts.figure.p(p));
    return [texts.survival.globalTest(kind), numbers];
  });
  const shares = concordance.map(({ estimate: { estimate, lower, upper, level } }): [string, string] => {
    const value = texts.figure.estimateWithInterval(estimate, lower, upper, 3);
    return [
      lower === null ? texts.survival.concordance : `${texts.survival.concordance} [${texts.figure.interval(level)}]`,
      value,
    ];
  });
  return [...tests, ...shares];
}

/** Nothing for a method without a likelihood. */
function likelihoodFacts(
  { logLik, aic, bic }: NonNullable<AnalysisResult["fit"]>,
  criterion: AnalysisDisplay["criterion"],
  texts: Texts,
): [string, string][] {
  if (logLik === null) return [];
  const number = (value: number | null) => formatNumber(value, 1, texts.numbers);
  return [
    [texts.fit.logLik(criterion), number(logLik)],
    ["AIC", number(aic)],
    ["BIC", number(bic)],
  ];
}

/** Least squares has a closed form: nothing to converge, no component that could be at its boundary. */
function convergenceFacts(
  { fit, n, model }: AnalysisResult,
  criterion: string | null,
  texts: Texts,
): [string, string][] {
  if (fit === null || criterion === null) return [];
  const iterations = formatNumber(fit.iterations, 0, texts.numbers);
  const reached = fit.converged ? texts.fit.converged(iterations) : texts.fit.notConverged(iterations);
  const variances: [string, string][] =
    Object.keys(n.groups).length === 0 || WITHOUT_RANDOM_EFFECTS.includes(model)
      ? []
      : [[texts.fit.variances, fit.singular ? texts.fit.boundary : texts.fit.inside]];
  return [[texts.fit.convergence, reached], ...variances];
}

function exclusionNote({ n }: AnalysisResult, display: AnalysisDisplay, texts: Texts): string {
  const { flow } = display;
  const integer = (value: number) => formatNumber(value, 0, texts.numbers);
  const all = flow.length === 0 ? n.observations + n.excluded : flow.reduce((sum, { rows }) => sum + rows, 0);
  // Once for each reason in words: a joint analysis counts it for either design.
  const rows = new Map<string, number>();
  for (const part of n.excludedBy) {
    const label = exclusionLabel(part, display, texts);
    rows.set(label, (rows.get(label) ?? 0) + part.rows);
  }
  const parts = [...rows].map(([label, count]) => `${label} (${integer(count)})`);
  return texts.exclusionNote(integer(all), integer(n.observations), parts);
}

/** Drawn with the tables of what they show. */
const isOfTheAnswer = (kind: Figure["kind"]): boolean =>
  ["differences", "ratios", "profiles", "schoenfeld", "design", "cluster-periods", "exposure-effect"].includes(kind) ||
  kind.startsWith("curves-");

function renderDiagnostics({ figures, toFigure, texts }: AnalysisParts): Html | null {
  const drawn = figures.filter(({ kind }) => !isOfTheAnswer(kind));
  if (drawn.length === 0) return null;
  return html`
<h3>${texts.headings.diagnostics}</h3>
<div class="figures">${drawn.map(toFigure)}
</div>`;
}
