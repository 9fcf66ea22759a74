/** Tables of classes of change and of counts and shares, by group. */

import type { AnalysisDisplay, AnalysisResult } from "../analysis/results.js";
import { columnLabel, settingText } from "../figure/estimate-name.js";
import type { Estimate } from "../inference/estimate.js";
import { CHANGE_CLASSES, type ChangeClass, CROSSINGS } from "../trial/clinical-change.js";
import { estimateDecimals, formatNumber, formatPercent, NO_NUMBER } from "./format-number.js";
import type { ReportTable } from "./report-table.js";
import type { Texts } from "./texts.js";

/** Models whose numbers are all in these tables. */
export const SHARE_MODELS: readonly string[] = ["shares", "change-classes"];

/** `share:arm[FIT]:recovered@sd=7,reliability=0.8` taken apart. */
interface ShareName {
  readonly kind: string;
  /** `arm[FIT]`, or empty. */
  readonly group: string;
  readonly what: string;
}

function shareName(name: string): ShareName {
  const found = /^([a-z-]+):(?:(.*?\]):)?(.*)$/.exec(name);
  return found === null
    ? { kind: name, group: "", what: "" }
    : { kind: found[1]!, group: found[2] ?? "", what: found[3]! };
}

export function shareTables(result: AnalysisResult, display: AnalysisDisplay, texts: Texts): ReportTable[] {
  const { estimates, model } = result;
  const words = texts.change;
  const byName = new Map(estimates.map((one) => [one.name, one]));
  const shares = estimates.map(({ name }) => shareName(name)).filter(({ kind }) => kind === "share");
  const groups = [...new Set(shares.map(({ group }) => group))];
  const columns = groups.map((group) => groupLabel(group, texts));
  const cell = (what: string, group: string): string => {
    const name = group === "" ? what : `${group}:${what}`;
    return shareCell(byName.get(`count:${name}`), byName.get(`share:${name}`), texts);
  };
  const level = texts.figure.interval(estimates[0]?.level ?? 0.95);
  const table = (caption: string, rows: readonly { header: string; what: string }[], footnotes: string[]) => ({
    caption,
    columns: [words.rowsHeader, ...columns],
    ragged: true,
    rows: rows.map(({ header, what }) => ({ header, cells: groups.map((group) => cell(what, group)) })),
    footnotes: [words.shareFootnote(level), ...footnotes],
  });
  if (model === "shares") {
    const whats = [...new Set(shares.map(({ what }) => what))];
    const rows = whats.map((what) => ({ header: sharedLabel(what, display.labels, texts), what }));
    return [table(words.sharesCaption(display.outcome.name), rows, [])];
  }
  const has = (what: string): boolean => shares.some((one) => one.what === what);
  const criterion = byName.get("criterion");
  const classes = CHANGE_CLASSES.filter(has);
  const crossings = CROSSINGS.filter(has);
  return [
    table(
      words.classesCaption(display.outcome.name),
      classes.map((one) => ({ header: words.classes[one], what: one })),
      [
        words.criterion(
          number(criterion?.estimate ?? null, texts),
          display.outcome.unit === null ? null : texts.figure.unit(display.outcome.unit),
        ),
        ...(has("started-functional") ? [words.startedFunctional] : []),
      ],
    ),
    ...(crossings.length === 0
      ? []
      : [
          table(
            words.crossingCaption,
            crossings.map((one) => ({ header: words.crossings[one], what: one })),
            [],
          ),
        ]),
    changeTable(byName, groups, columns, level, display, texts),
    ...gridTable(estimates, byName, groups, columns, texts),
  ];
}

/** `12 (40 %) [25 to 57]`. */
function shareCell(count: Estimate | undefined, share: Estimate | undefined, texts: Texts): string {
  if (count === undefined || share === undefined) return NO_NUMBER;
  const n = formatNumber(count.estimate, 0, texts.numbers);
  if (share.estimate === null || share.lower === null || share.upper === null) return n;
  const limits = [share.lower, share.upper].map((value) => formatPercent(value, texts.numbers, 0));
  return `${n} (${formatPercent(share.estimate, texts.numbers, 0)}) [${limits.join("\u2009–\u2009")}]`;
}

function changeTable(
  byName: ReadonlyMap<string, Estimate>,
  groups: readonly string[],
  columns: readonly string[],
  level: string,
  { outcome }: AnalysisDisplay,
  texts: Texts,
): ReportTable {
  const words = texts.change;
  const at = (kind: string, group: string): Estimate | undefined =>
    byName.get(`${kind}:${group === "" ? "all" : group}`);
  const withInterval = (one: Estimate | undefined): string => {
    if (one === undefined || one.estimate === null) return NO_NUMBER;
    const places = estimateDecimals(one.estimate, one.se);
    const value = formatNumber(one.estimate, places, texts.numbers);
    return one.lower === null || one.upper === null
      ? value
      : texts.figure.estimateWithInterval(one.estimate, one.lower, one.upper, places);
  };
  const severity = groups.map((group) => at("severity-adjusted", group));
  return {
    caption: words.changeCaption,
    columns: ["", ...columns],
    ragged: true,
    rows: [
      {
        header: `${words.meanChange} [${level}]`,
        ...(outcome.unit === null ? {} : { note: texts.figure.unit(outcome.unit) }),
        cells: groups.map((group) => withInterval(at("mean-change", group))),
      },
      ...(severity.every((one) => one === undefined)
        ? []
        : [
            {
              header: words.severityAdjusted,
              cells: severity.map((one) => formatNumber(one?.estimate ?? null, 2, texts.numbers)),
            },
          ]),
    ],
    footnotes: [words.changeFootnote],
  };
}

/** For each SD and reliability the shares of improved or recovered, and of deteriorated. */
function gridTable(
  estimates: readonly Estimate[],
  byName: ReadonlyMap<string, Estimate>,
  groups: readonly string[],
  columns: readonly string[],
  texts: Texts,
): ReportTable[] {
  const words = texts.change;
  const settings = estimates.flatMap(({ name }) =>
    name.startsWith("criterion@") ? [name.slice("criterion".length)] : [],
  );
  if (settings.length === 0) return [];
  const shareOf = (group: string, classes: readonly ChangeClass[], setting: string): string => {
    const shares = classes.map(
      (one) => byName.get(`share:${group === "" ? "" : `${group}:`}${one}${setting}`)?.estimate ?? 0,
    );
    return formatPercent(
      shares.reduce((sum, one) => sum + one, 0),
      texts.numbers,
      0,
    );
  };
  const { criterion, better, worse } = words.gridColumns;
  return [
    {
      caption: words.gridCaption,
      columns: ["", criterion, ...columns.flatMap((group) => [`${group}, ${better}`, `${group}, ${worse}`])],
      ragged: true,
      rows: settings.map((setting) => {
        const [, sd = "", reliability = ""] = /^@sd=(.*),reliability=(.*)$/.exec(setting) ?? [];
        const plain = (text: string): string => text.replace(".", texts.numbers.decimal);
        return {
          header: words.gridRow(plain(sd), plain(reliability)),
          cells: [
            number(byName.get(`criterion${setting}`)?.estimate ?? null, texts),
            ...groups.flatMap((group) => [
              shareOf(group, ["improved", "recovered"], setting),
              shareOf(group, ["deteriorated"], setting),
            ]),
          ],
        };
      }),
      footnotes: [],
    },
  ];
}

const number = (value: number | null, texts: Texts): string =>
  formatNumber(value, value === null || Number.isInteger(value) ? 0 : 2, texts.numbers);

/** The level of `arm[FIT]`. */
const groupLabel = (group: string, texts: Texts): string =>
  group === "" ? texts.change.everyone : (/\[(.*)\]$/.exec(group)?.[1] ?? group);

/** `missing@month=12`: in the report's language where it is of a trial-level analysis. */
function sharedLabel(what: string, labels: AnalysisDisplay["labels"], texts: Texts): string {
  const [name = "", setting] = what.split("@");
  const label = texts.change.names[name] ?? columnLabel(name, labels);
  return setting === undefined ? label : `${label}, ${settingText(setting, labels)}`;
}
