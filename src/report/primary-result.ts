/** The result of each primary analysis, in numbers, at the top of a long report: what its own section says first. */
import type { AnalysisDisplay, AnalysisResult } from "../analysis/results.js";
import { withMadeLabels } from "../figure/made-labels.js";
import { messageIn, methodSentence } from "./analysis-section.js";
import { differencesTable, type NamedEstimate, ratiosTable, sortEstimates } from "./estimate-tables.js";
import { type Html, html } from "./html.js";
import { jointTable } from "./joint-table.js";
import { type Numbering, type ReportTable, renderTable } from "./report-table.js";
import { hazardRatiosTable } from "./survival-tables.js";
import type { Texts } from "./texts.js";

export interface PrimaryAnalysis {
  readonly result: AnalysisResult;
  readonly display: AnalysisDisplay | undefined;
  /** Its title, as a link to its section. */
  readonly link: Html;
}

/** @returns null when no analysis is primary. */
export function renderPrimaryResults(
  analyses: readonly PrimaryAnalysis[],
  tables: Numbering,
  texts: Texts,
): Html | null {
  if (analyses.length === 0) return null;
  return html`<section id="primary-result">
<h2>${texts.primaryResult}</h2>${analyses.map((analysis) => renderOne(analysis, tables, texts))}
</section>
`;
}

function renderOne({ result, display, link }: PrimaryAnalysis, tables: Numbering, texts: Texts): Html {
  if (result.status !== "estimated" || display === undefined)
    return html`
<p>${link}. <b>${texts.notEstimated}.</b> ${messageIn({ message: result.reason ?? "", messageSv: result.reasonSv ?? "" }, texts)}</p>`;
  const shown = withMadeLabels(display, texts.figure);
  const table = primaryTable(result, shown, texts);
  return html`
<p>${link}. ${methodSentence(result, shown, texts)}</p>${table === null ? null : renderTable(table, tables, texts)}`;
}

/** Of several visits the primary one's rows; null for an analysis whose answer is no difference and no ratio. */
export function primaryTable(result: AnalysisResult, display: AnalysisDisplay, texts: Texts): ReportTable | null {
  const { joint, differences, hazardRatios, ratios } = sortEstimates(result, display);
  const primary = display.part?.primary;
  const isPrimary = ({ name }: NamedEstimate): boolean => {
    if (primary === undefined) return true;
    if (name.kind === "design-effect" || name.kind === "design-weight")
      return name.label === null || name.label === `${primary.column}=${primary.visit}`;
    const at = "at" in name ? name.at : [];
    return at.length === 0 || (at.length === 1 && at[0]!.name === primary.column && at[0]!.value === primary.visit);
  };
  const tables = [
    [joint, jointTable],
    [differences, differencesTable],
    [hazardRatios, hazardRatiosTable],
    [ratios, ratiosTable],
  ] as const;
  for (const [all, table] of tables) {
    const rows = all.filter(isPrimary);
    if (rows.length > 0) return table(rows, display, texts);
  }
  return null;
}
