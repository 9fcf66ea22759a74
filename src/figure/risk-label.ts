/** What a predicted risk is called wherever its values are shown: `predicted risk of not being on track: 0.54`. */
import type { AnalysisDisplay } from "../analysis/results.js";
import type { FigureTexts } from "./figure-texts.js";

/** The display with a label for `risk`, where a moderator is the predicted risk. */
export function withRiskLabel(
  display: AnalysisDisplay,
  { predictedRisk }: Pick<FigureTexts, "predictedRisk">,
): AnalysisDisplay {
  const risk = display.moderators?.find((one) => one.risk !== undefined)?.risk;
  if (risk === undefined) return display;
  return { ...display, labels: { ...display.labels, risk: predictedRisk(risk.of, risk.isProbability) } };
}
