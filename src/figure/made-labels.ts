/** What columns that a model makes are called, in the language of the reader, where the plan does not say. */
import type { AnalysisDisplay } from "../analysis/results.js";
import type { FigureTexts } from "./figure-texts.js";

/**
 * The display with labels for `risk`, where a moderator is the predicted risk (`predicted risk of not being on track`),
 * and for `exposure`, the factor of exposure times of a stepped wedge.
 */
export function withMadeLabels(
  display: AnalysisDisplay,
  { predictedRisk, wedge }: Pick<FigureTexts, "predictedRisk" | "wedge">,
): AnalysisDisplay {
  const risk = display.moderators?.find((one) => one.risk !== undefined)?.risk;
  if (risk === undefined && display.wedge === undefined) return display;
  const labels = {
    ...(display.wedge === undefined ? {} : { exposure: wedge.exposureTime }),
    ...display.labels,
    ...(risk === undefined ? {} : { risk: predictedRisk(risk.of, risk.isProbability) }),
  };
  return { ...display, labels };
}
