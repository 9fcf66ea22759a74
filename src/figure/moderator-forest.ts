/** Effects at the levels of each moderator, below it and the p of its interaction: the forest plot of a moderation. */
import type { AnalysisDisplay } from "../analysis/results.js";
import type { Estimate } from "../inference/estimate.js";
import { columnLabel } from "./estimate-name.js";
import type { Drawing } from "./figure.js";
import type { FigureTexts } from "./figure-texts.js";
import { forestPlot } from "./forest-plot.js";

/** @param estimates  of the analysis: the tests of the interactions are among them. */
export function moderatorForest(
  shown: readonly Estimate[],
  estimates: readonly Estimate[],
  display: AnalysisDisplay,
  texts: FigureTexts,
): Drawing {
  const { moderators = [], labels } = display;
  const interactions = moderators.flatMap(({ column, test }) => {
    const found = estimates.find(({ name }) => name === test);
    return found === undefined ? [] : [{ column, label: columnLabel(column, labels), p: found.p }];
  });
  return forestPlot(shown, display, texts, "difference", interactions);
}
