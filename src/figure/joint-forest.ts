/**
 * Designs A and B and both together: the forest plot of a joint analysis, with the weights of two stages and the test
 * of A against B in its caption.
 */
import type { AnalysisDisplay } from "../analysis/results.js";
import type { Estimate } from "../inference/estimate.js";
import { parseDesignEffect, settingText } from "./estimate-name.js";
import type { Drawing } from "./figure.js";
import type { FigureTexts } from "./figure-texts.js";
import { forestPlot } from "./forest-plot.js";

/** What a reader needs of one effect to judge whether the designs agree. */
interface Agreement {
  /** As the plan calls the effect; null for the only one. */
  readonly label: string | null;
  /** A − B. */
  readonly difference: Estimate;
  /** Of A and B in two stages. */
  readonly weights: readonly [number | null, number | null];
}

/** Of each effect of a joint analysis; empty for other analyses. */
export function agreements(estimates: readonly Estimate[]): Agreement[] {
  const weight = (design: string, suffix: string): number | null =>
    estimates.find(({ name }) => name === `weight:${design}${suffix}`)?.estimate ?? null;
  return estimates.flatMap((difference): Agreement[] => {
    const parsed = parseDesignEffect(difference.name);
    if (parsed?.effect !== "individual-stepped-wedge") return [];
    const { label } = parsed;
    const suffix = label === null ? "" : `@${label}`;
    return [{ label, difference, weights: [weight("individual", suffix), weight("stepped-wedge", suffix)] }];
  });
}

/** @param estimates  of the analysis, with those that the plot shows among them. */
export function jointForest(
  shown: readonly Estimate[],
  estimates: readonly Estimate[],
  display: AnalysisDisplay,
  texts: FigureTexts,
): Drawing {
  const { wedge } = texts;
  const drawn = forestPlot(shown, display, texts);
  const all = agreements(estimates);
  if (all.length === 0) return drawn;
  const labelOf = (label: string | null): string =>
    label === null ? "" : wedge.effectLabel(settingText(label, display.labels));
  const percent = (share: number | null): string => (share === null ? texts.number(null, 0) : texts.percent(share));
  const weights = all.map(({ label, weights: [a, b] }) => wedge.weight(labelOf(label), percent(a), percent(b)));
  const tests = all.map(({ label, difference: one }) => {
    const { estimate, lower, upper, se, p } = one;
    const numbers = texts.estimateWithInterval(estimate, lower, upper, texts.decimals(estimate, se));
    return wedge.test(labelOf(label), numbers, texts.p(p));
  });
  return { ...drawn, caption: `${drawn.caption} ${wedge.weights(weights)} ${wedge.tests(tests)}` };
}
