/** Participants and rows, used and excluded, by arm: the numbers behind a participant flow diagram. */
import type { AnalysisDisplay } from "../analysis/results.js";
import { columnLabel } from "../figure/estimate-name.js";
import type { ArmFlow } from "../trial/participant-flow.js";
import { formatNumber, formatPercent } from "./format-number.js";
import type { ReportRow, ReportTable } from "./report-table.js";
import type { Texts } from "./texts.js";

/** @param analyses  titles of the analyses that share these counts. */
export function flowTable(
  flow: readonly ArmFlow[],
  analyses: readonly string[],
  texts: Texts,
  display: Pick<AnalysisDisplay, "labels" | "words" | "participants">,
): ReportTable {
  const counts = flow.length > 1 ? [...flow, total(flow, display.participants, texts)] : flow;
  const integer = (value: number | null) => formatNumber(value, 0, texts.numbers);
  const ofAll = (part: number | null, all: number | null) =>
    part === null || all === null || all === 0 ? integer(part) : `${integer(part)} (${share(part / all, texts)})`;
  const row = (header: string, cell: (count: ArmFlow) => string, indented = false): ReportRow => ({
    header,
    cells: counts.map(cell),
    indented,
  });
  const hasParticipants = flow.some(({ participants }) => participants !== null);
  return {
    caption: texts.flow.caption(analyses),
    columns: [
      texts.columns.rowsHeader,
      ...counts.map(({ arm }) => arm ?? (flow.length > 1 ? texts.flow.noArm : texts.flow.all)),
    ],
    rows: [
      ...(hasParticipants
        ? [
            row(texts.flow.participants, ({ participants }) => integer(participants)),
            row(texts.flow.participantsUsed, (c) => ofAll(c.participantsUsed, c.participants)),
          ]
        : []),
      row(texts.flow.rows, ({ rows }) => integer(rows)),
      row(texts.flow.rowsUsed, (c) => ofAll(c.used, c.rows)),
      row(texts.flow.rowsExcluded, (c) => ofAll(c.rows - c.used, c.rows)),
      ...reasonsOf(flow).map(({ reason, detail }) =>
        row(
          exclusionLabel({ reason, detail }, display, texts),
          ({ excludedBy }) => integer(rowsExcluded(excludedBy, reason, detail)),
          true,
        ),
      ),
    ],
    footnotes: [texts.flow.footnote],
  };
}

const share = (part: number, texts: Texts): string =>
  formatPercent(part, texts.numbers, part === 0 || part === 1 ? 0 : 1);

/** `BDI-II missing`: a missing column by the plan's label, a condition as written. */
export const exclusionLabel = (
  { reason, detail }: { readonly reason: string; readonly detail: string },
  { labels, words = {} }: Pick<AnalysisDisplay, "labels" | "words">,
  texts: Texts,
): string => texts.exclusion(reason, reason === "missing" ? columnLabel(detail, labels) : (words[detail] ?? detail));

type Excluded = ArmFlow["excludedBy"];

/** Each reason once, in the order met. */
function reasonsOf(flow: readonly ArmFlow[]): { reason: string; detail: string }[] {
  const reasons = new Map<string, { reason: string; detail: string }>();
  for (const { reason, detail } of flow.flatMap(({ excludedBy }) => excludedBy)) {
    reasons.set(JSON.stringify([reason, detail]), { reason, detail });
  }
  return [...reasons.values()];
}

const rowsExcluded = (excludedBy: Excluded, reason: string, detail: string): number =>
  excludedBy.filter((e) => e.reason === reason && e.detail === detail).reduce((sum, { rows }) => sum + rows, 0);

/** Rows add up over arms; participants are counted once, also when a unit changed arm. */
function total(flow: readonly ArmFlow[], participants: AnalysisDisplay["participants"], texts: Texts): ArmFlow {
  const sum = (count: (arm: ArmFlow) => number) => flow.reduce((all, arm) => all + count(arm), 0);
  return {
    arm: texts.flow.total,
    rows: sum(({ rows }) => rows),
    used: sum(({ used }) => used),
    participants: participants?.data ?? null,
    participantsUsed: participants?.used ?? null,
    excludedBy: flow.flatMap(({ excludedBy }) => excludedBy),
  };
}
