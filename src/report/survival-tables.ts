/** Tables of time to an event as journals print them: groups side by side, with counts, curves' values and tests. */
import type { AnalysisDisplay, EventCurves, NumbersAtRisk } from "../analysis/results.js";
import { type EstimateName, type EventQuantity, termLabel } from "../figure/estimate-name.js";
import { ratioDecimals } from "../figure/ratio-decimals.js";
import type { NamedEstimate } from "./estimate-tables.js";
import { formatNumber, formatP } from "./format-number.js";
import type { ReportRow, ReportTable } from "./report-table.js";
import type { Texts } from "./texts.js";

type QuantityName = EstimateName & { readonly kind: "event-quantity" };

const SHARE_DECIMALS = 2;
const RATIO_DECIMALS = 2;

/** What the table of one analysis is about. */
interface Shown {
  readonly groups: readonly string[];
  /** Observed ones. */
  readonly curves: EventCurves | undefined;
  /** Of the time. */
  readonly unit: string | null;
  readonly texts: Texts;
}

/**
 * Rows are quantities, columns are groups: counts, then values at the times of the plan, medians, restricted means.
 * Many groups are rows under each quantity.
 */
export function eventTable(rows: readonly NamedEstimate[], display: AnalysisDisplay, texts: Texts): ReportTable {
  const curves = display.curves?.find(({ source }) => source === "observed");
  const own = rows.filter((row): row is NamedEstimate & { name: QuantityName } => row.name.kind === "event-quantity");
  const unit = curves?.time.unit ?? display.outcome.unit;
  const shown: Shown = { groups: groupsOf(own, curves), curves, unit, texts };
  const { groups } = shown;
  const isIncidence = own.some(({ name }) => name.quantity === "incidence");
  const { survival } = texts;
  const interval = texts.figure.interval(display.level);
  const beside = groups.length <= MOST_COLUMNS;
  const body = [...countRows(shown), ...quantityRows(own, shown)];
  return {
    caption:
      curves === undefined
        ? survival.captions.predicted(interval)
        : isIncidence
          ? survival.captions.incidence(interval)
          : survival.captions.survival(curves.event, interval),
    columns: [
      texts.columns.quantity,
      ...(beside ? groups.map((group) => (group === "" ? survival.all : group)) : [texts.columns.estimate]),
    ],
    ragged: true,
    rows: beside ? body : body.flatMap((row) => stacked(row, groups)),
    footnotes: [
      own.some(({ estimate, name }) => estimate.estimate === null && isTime(name)) ? survival.footnotes.notReached : "",
      own.some(({ name }) => name.quantity === "rmst") ? survival.footnotes.restrictedMean : "",
      own.some(({ name }) => name.quantity === "rmtl") ? survival.footnotes.timeLost : "",
      texts.footnotes.abbreviations({ df: false, se: false, interval: true }),
    ],
  };
}

/** Of more groups the table would be wider than the page. */
const MOST_COLUMNS = 4;

/** A row's cells under each other, each with its group; the heading of a cause has none. */
const stacked = ({ header, cells }: ReportRow, groups: readonly string[]): ReportRow[] => [
  { header, cells: [""] },
  ...(cells.every((text) => text === "")
    ? []
    : cells.map((text, g) => ({ header: groups[g]!, indented: true, cells: [text] }))),
];

/** What a curve may not come down to. */
const isTime = ({ quantity }: QuantityName): boolean => quantity === "median" || quantity === "quantile";

const isCount = ({ quantity }: QuantityName): boolean => quantity === "at-risk" || quantity === "events";

/** In the order of the curves, then of the estimates. */
function groupsOf(rows: readonly { readonly name: QuantityName }[], curves: EventCurves | undefined): string[] {
  const drawn = curves?.curves.map(({ group }) => group) ?? [];
  return [...new Set([...drawn, ...rows.map(({ name }) => name.group)])];
}

/** Participants and events of each group. */
function countRows({ groups, curves, texts }: Shown): ReportRow[] {
  const counted = curves?.atRisk?.groups;
  if (counted === undefined) return [];
  const row = (
    header: string,
    count: (of: NumbersAtRisk["groups"][number]) => number,
    indented = false,
  ): ReportRow => ({
    header,
    indented,
    cells: groups.map((group) => {
      const of = counted.find((one) => one.group === group);
      return formatNumber(of === undefined ? null : count(of), 0, texts.numbers);
    }),
  });
  const causes = counted[0]?.cumulativeEvents.map(({ cause }) => cause) ?? [];
  const { survival } = texts;
  return [
    row("n", ({ n }) => n),
    ...(causes.length < 2 || curves?.kind === "survival"
      ? [row(survival.events, ({ events }) => events)]
      : causes.map((cause, k) => row(survival.eventsOf(cause), (of) => of.eventsByCause[k]?.count ?? 0))),
  ];
}

/** One row for each quantity, time and cause, in the order in which they first come; a cause before its rows. */
function quantityRows(own: readonly (NamedEstimate & { name: QuantityName })[], shown: Shown): ReportRow[] {
  const { groups, unit, texts } = shown;
  const causes = [...new Set(own.map(({ name }) => name.cause))];
  return causes.flatMap((cause) => {
    const ofCause = own.filter(({ name }) => name.cause === cause);
    const keys = [...new Set(ofCause.map(({ name }) => JSON.stringify([name.quantity, name.time])))];
    const rows = keys.map((key): ReportRow => {
      const same = ofCause.filter(({ name }) => JSON.stringify([name.quantity, name.time]) === key);
      const { quantity, time } = same[0]!.name;
      const decimals = decimalsOf(same, texts);
      return {
        header: texts.survival.quantity(
          quantity,
          time === null ? null : timeLabel(time, texts),
          unit === null ? null : texts.figure.unit(unit),
        ),
        indented: cause !== null,
        cells: groups.map((group) =>
          cell(
            same.find(({ name }) => name.group === group),
            decimals,
            texts,
          ),
        ),
      };
    });
    if (cause === null) return rows;
    return [{ header: cause, cells: groups.map(() => "") }, ...rows];
  });
}

const timeLabel = (time: string, { numbers }: Texts): string => time.replace(".", numbers.decimal);

function cell(row: (NamedEstimate & { name: QuantityName }) | undefined, decimals: number, texts: Texts): string {
  if (row === undefined) return formatNumber(null, 0, texts.numbers);
  const { estimate, lower, upper } = row.estimate;
  if (estimate !== null && isCount(row.name)) return formatNumber(estimate, 0, texts.numbers);
  if (estimate !== null) return texts.figure.estimateWithInterval(estimate, lower, upper, decimals);
  if (!isTime(row.name)) return formatNumber(null, 0, texts.numbers);
  return `${texts.survival.notReached}${lower === null && upper === null ? "" : ` ${interval(row.estimate, decimals, texts)}`}`;
}

/** Of all in a row: shares have two, times as many as they were measured with, means what their standard errors ask for. */
function decimalsOf(rows: readonly (NamedEstimate & { name: QuantityName })[], texts: Texts): number {
  const { quantity } = rows[0]!.name;
  if (["survival", "event-free", "incidence"].includes(quantity)) return SHARE_DECIMALS;
  const own = rows.map(({ estimate: { estimate, se, lower, upper } }) =>
    se === null ? Math.max(...[estimate, lower, upper].map(measuredDecimals)) : texts.figure.decimals(estimate, se),
  );
  return Math.max(...own);
}

const MOST_TIME_DECIMALS = 2;

const measuredDecimals = (time: number | null): number =>
  time === null ? 0 : Math.min(MOST_TIME_DECIMALS, (String(Number(time.toPrecision(10))).split(".")[1] ?? "").length);

/** `Log-rank test: χ² = 1.37, df 1, p = 0.24.` One sentence for each test. */
export function eventTests(rows: readonly NamedEstimate[], texts: Texts): string[] {
  return rows.map(({ estimate, name }) => {
    const label = name.kind === "test" ? texts.survival.test(name.term) : estimate.name;
    const statistic = formatNumber(estimate.statistic, 2, texts.numbers);
    const df = formatNumber(estimate.df, 0, texts.numbers);
    return texts.survival.testSentence(label, statistic, df, texts.figure.p(estimate.p));
  });
}

/** Numbers at risk and events so far: what the figure shows under its axis, for those who cannot see it, and more. */
export function atRiskTable(curves: EventCurves, texts: Texts): ReportTable | null {
  const { atRisk, time } = curves;
  if (atRisk === null) return null;
  const number = (value: number) => formatNumber(value, 0, texts.numbers);
  const { survival } = texts;
  const several = atRisk.groups.length > 1;
  const rows = atRisk.groups.flatMap(({ group, atRisk: counts, cumulativeEvents }): ReportRow[] => [
    ...(several ? [{ header: group, cells: counts.map(() => "") }] : []),
    { header: texts.figure.events.atRisk, indented: several, cells: counts.map(number) },
    ...cumulativeEvents.map(({ cause, counts: events }) => ({
      header: cumulativeEvents.length > 1 ? survival.eventsOf(cause) : survival.events,
      indented: several,
      cells: events.map(number),
    })),
  ]);
  return {
    caption: survival.captions.atRisk,
    columns: [
      texts.figure.withUnit(time.name, time.unit),
      ...atRisk.times.map((at) => formatNumber(at, decimalsIn(at), texts.numbers)),
    ],
    rows,
    footnotes: [survival.footnotes.atRisk],
  };
}

/** Differences and ratios between groups, such as those of restricted means. */
export function eventComparisonsTable(
  rows: readonly NamedEstimate[],
  display: AnalysisDisplay,
  texts: Texts,
): ReportTable {
  const unit = display.curves?.[0]?.time.unit ?? display.outcome.unit;
  const causes = [...new Set(rows.map(({ name }) => causeOf(name)))];
  const columns = [
    texts.columns.comparison,
    texts.columns.estimate,
    texts.figure.interval(display.level),
    texts.columns.p,
  ];
  const rowsOf = (cause: string | null): ReportRow[] =>
    rows.flatMap(({ estimate: one, name }): ReportRow[] => {
      if (name.kind !== "event-comparison" || name.cause !== cause) return [];
      const what = texts.survival.quantity(
        name.quantity,
        name.time === null ? null : timeLabel(name.time, texts),
        unit === null ? null : texts.figure.unit(unit),
      );
      const pair = `${name.level} ${name.isRatio ? "/" : "\u2212"} ${name.reference}`;
      const decimals = name.isRatio ? RATIO_DECIMALS : texts.figure.decimals(one.estimate, one.se);
      return [
        {
          header: `${what}, ${pair}`,
          ...(cause === null ? {} : { indented: true }),
          // Mean times are in the unit of time, shares and ratios in none.
          ...(name.isRatio || unit === null || !isMeanTime(name.quantity) ? {} : { note: texts.figure.unit(unit) }),
          cells: [
            formatNumber(one.estimate, decimals, texts.numbers),
            interval(one, decimals, texts),
            formatP(one.p, texts.numbers),
          ],
        },
      ];
    });
  return {
    caption: texts.survival.captions.comparisons,
    columns,
    ragged: true,
    // The rows of each cause under its name.
    rows: causes.flatMap((cause) => [
      ...(cause === null ? [] : [{ header: cause, cells: columns.slice(1).map(() => "") }]),
      ...rowsOf(cause),
    ]),
    footnotes: [
      referenceOf(rows, texts),
      texts.footnotes.abbreviations({ df: rows.some(hasP), se: false, interval: true }),
    ],
  };
}

const hasP = ({ estimate }: NamedEstimate): boolean => estimate.p !== null;

/** The distribution behind intervals and p where it is one for all rows; each row's own df stand in the coefficients. */
function referenceOf(rows: readonly NamedEstimate[], texts: Texts): string {
  const degrees = new Set(rows.filter(hasP).map(({ estimate }) => estimate.df));
  if (degrees.size !== 1) return "";
  const [df] = degrees;
  return texts.survival.footnotes.reference(df === null ? null : formatNumber(df!, 1, texts.numbers));
}

const causeOf = (name: NamedEstimate["name"]): string | null => (name.kind === "event-comparison" ? name.cause : null);

const isMeanTime = (quantity: EventQuantity): boolean => quantity === "rmst" || quantity === "rmtl";

/** Of a time on an axis, as it is written: 0 of 200, 1 of 2.5. */
const decimalsIn = (at: number): number => String(at).split(".")[1]?.length ?? 0;

/** `[−6.7, 0.4]` alone. */
const interval = (
  { lower, upper }: { readonly lower: number | null; readonly upper: number | null },
  decimals: number,
  texts: Texts,
): string => {
  const text = texts.figure.estimateWithInterval(0, lower, upper, decimals);
  const bracket = text.indexOf("[");
  return bracket < 0 ? formatNumber(null, 0, texts.numbers) : text.slice(bracket);
};

/** Hazard ratios of the model's terms, as journals print them; of several kinds or causes beside each other. */
export function hazardRatiosTable(rows: readonly NamedEstimate[], display: AnalysisDisplay, texts: Texts): ReportTable {
  const { labels, references, level, survival, outcome } = display;
  const measures: Readonly<Record<string, string>> = texts.figure.ratios.measures;
  const causes = [survival?.cause ?? [], survival?.competing ?? []].flat();
  const ratios = rows.map(({ estimate, name }) => {
    const { cause, term } = splitCause(hazardTerm(name), estimate.measure, causes);
    const measure = measures[estimate.measure] ?? estimate.measure;
    return { estimate, term, column: cause === null ? measure : `${measure}, ${cause}` };
  });
  const columns = [...new Set(ratios.map(({ column }) => column))];
  const terms = [...new Set(ratios.map(({ term }) => term))];
  const levels = references.map((one) => `${labels[one.column] ?? one.column} ${one.level}`);
  const header = (term: string): string => termLabel(term, texts.figure.intercept, labels);
  const cells = (term: string, column: string): string[] => {
    const row = ratios.find((one) => one.column === column && one.term === term);
    return ratioCells(row?.estimate ?? null, texts);
  };
  const interval = texts.figure.interval(level);
  const beside = columns.length <= MOST_RATIO_COLUMNS;
  return {
    caption: texts.survival.captions.hazardRatios(survival?.cause ?? survival?.event ?? outcome.name),
    columns: [
      texts.columns.term,
      ...(beside ? columns.flatMap((column) => [`${column} [${interval}]`, texts.columns.p]) : []),
      ...(beside ? [] : [texts.figure.ratios.ratio(interval), texts.columns.p]),
    ],
    rows: beside
      ? terms.map((term) => ({ header: header(term), cells: columns.flatMap((column) => cells(term, column)) }))
      : columns.flatMap((column) => [
          { header: column, cells: ["", ""] },
          ...terms.map((term) => ({ header: header(term), indented: true, cells: cells(term, column) })),
        ]),
    footnotes: [
      levels.length === 0 ? "" : texts.footnotes.references(levels),
      referenceOf(rows, texts),
      texts.footnotes.abbreviations({ df: rows.some(hasP), se: false, interval: true }),
    ],
  };
}

/** Of more kinds the table would be wider than the page: they come under each other. */
const MOST_RATIO_COLUMNS = 2;

/** A ratio with its interval, and p. */
function ratioCells(row: NamedEstimate["estimate"] | null, texts: Texts): string[] {
  const nothing = formatNumber(null, 0, texts.numbers);
  if (row === null) return [nothing, nothing];
  const { estimate, lower, upper, p } = row;
  const decimals = ratioDecimals(row);
  return [texts.figure.estimateWithInterval(estimate, lower, upper, decimals), formatP(p, texts.numbers)];
}

/** `dropout:age` of a cause-specific ratio is the term `age` of the cause `dropout`. */
function splitCause(text: string, measure: string, causes: readonly string[]): { cause: string | null; term: string } {
  const cause =
    measure === "cause-specific-hazard-ratio" ? causes.find((one) => text.startsWith(`${one}:`)) : undefined;
  return cause === undefined ? { cause: null, term: text } : { cause, term: text.slice(cause.length + 1) };
}

function hazardTerm(name: EstimateName): string {
  if ("term" in name) return name.term;
  if (name.kind === "ratio") return `${name.level} / ${name.reference}`;
  return name.kind === "other" ? name.text : "";
}

/** Grambsch and Therneau's tests, the global one last. */
export function proportionalHazardsTable(
  rows: readonly NamedEstimate[],
  { labels }: AnalysisDisplay,
  texts: Texts,
): ReportTable {
  const { columns, survival } = texts;
  return {
    caption: survival.captions.proportionalHazards,
    columns: [columns.term, columns.chiSquared, columns.df, columns.p],
    rows: rows.map(({ estimate, name }) => ({
      header:
        name.kind === "proportional-hazards" && name.term !== "GLOBAL"
          ? termLabel(name.term, texts.figure.intercept, labels)
          : survival.allTerms,
      cells: [
        formatNumber(estimate.statistic, 2, texts.numbers),
        formatNumber(estimate.df, Number.isInteger(estimate.df) ? 0 : 1, texts.numbers),
        formatP(estimate.p, texts.numbers),
      ],
    })),
    footnotes: [survival.footnotes.proportionalHazards],
  };
}
