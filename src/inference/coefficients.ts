/** The coefficients of a fit as estimates, and a joint test of each term with several columns. */
import type { Frame } from "../formula/frame.js";
import { zeros } from "../numeric/matrix.js";
import { contrast, jointTest } from "./contrast.js";
import type { Estimate } from "./estimate.js";
import type { Fit } from "./fit.js";

/** `coefficient:NAME` for each column of X. Those of factors alone are differences, in the outcome's unit. */
export function coefficientEstimates(
  fit: Fit,
  { design }: Pick<Frame, "design">,
  unit: string | null,
  level: number,
): Estimate[] {
  return fit.names.map((name, j) => {
    const L = new Float64Array(fit.names.length);
    L[j] = 1;
    const measure = measureOf(design, j);
    return contrast(fit, L, {
      name: `coefficient:${name}`,
      measure,
      unit: measure === "slope" ? null : unit,
      level,
    });
  });
}

/** What a column of X measures: the intercept, a difference between levels, an interaction of factors, or a slope. */
function measureOf(design: Frame["design"], column: number): string {
  const term = design.terms.find(({ start, count }) => column >= start && column < start + count);
  if (term === undefined) return "intercept";
  if (term.parts.some(({ variable }) => design.variables[variable]!.kind !== "factor")) return "slope";
  return term.parts.length === 1 ? "mean-difference" : "interaction";
}

/** `test:TERM` for each term of the formula with more than one column: that all its coefficients are zero. */
export function termTests(fit: Fit, { design }: Pick<Frame, "design">, level: number): Estimate[] {
  return design.terms
    .filter(({ count }) => count > 1)
    .map(({ name, start, count }) => {
      const L = zeros(count, fit.names.length);
      for (let i = 0; i < count; i++) L.data[i * L.cols + start + i] = 1;
      return jointTest(fit, L, `test:${name}`, level);
    });
}
