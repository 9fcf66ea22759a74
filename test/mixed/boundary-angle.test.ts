/** The angle of two variances at zero: worked by hand, and the mixture that follows from it under the null. */
import { expect, it } from "vitest";
import { modelFrame } from "../../src/formula/model-frame.js";
import { parseFormula } from "../../src/formula/parse-formula.js";
import { likelihoodRatioTest } from "../../src/inference/likelihood-ratio.js";
import { boundaryAngle } from "../../src/mixed/boundary-angle.js";
import { fitLinearMixed } from "../../src/mixed/linear-mixed.js";
import { tableOf } from "../formula/table-of.js";
import { expectClose, iterated, monteCarlo } from "../numeric/tolerance.js";
import { randomStream } from "./simulated-table.js";

/** U units of T therapists with m clients each; null everywhere. */
function nested(seed: number, U: number, T: number, m: number) {
  const { normal } = randomStream(seed);
  const n = U * T * m;
  const unit = Array.from({ length: n }, (_, i) => `u${Math.floor(i / (T * m))}`);
  const therapist = Array.from({ length: n }, (_, i) => `t${Math.floor(i / m)}`);
  return tableOf({ y: Array.from({ length: n }, () => normal()), unit, therapist });
}
const frameOf = (table: ReturnType<typeof nested>, formula: string) =>
  modelFrame({ formula: parseFormula(formula), table, residual: false });
const BOTH = "y ~ 1 + (1 | unit) + (1 | therapist)";

it("balanced nesting by hand: mean squares are independent, and the information theirs", () => {
  const [U, T, m] = [6, 4, 5];
  // The mean squares have variances 2E²/df; of (τ_u², τ_t²) given σ² their information at E = 1, with the design's sizes:
  const [dfU, dfT, dfE] = [U - 1, U * (T - 1), U * T * (m - 1)];
  const a = [T * m, m, 1]; // E of the units' mean square: σ² + mτ_t² + Tmτ_u²
  const b = [0, m, 1];
  const c = [0, 0, 1];
  const information = (i: number, j: number) => dfU * a[i]! * a[j]! + dfT * b[i]! * b[j]! + dfE * c[i]! * c[j]!;
  const efficient = (i: number, j: number) =>
    information(i, j) - (information(i, 2) * information(j, 2)) / information(2, 2);
  const angle = Math.acos(efficient(0, 1) / Math.sqrt(efficient(0, 0) * efficient(1, 1)));
  const frame = frameOf(nested(1, U, T, m), BOTH);
  expectClose(boundaryAngle(frame, [], "REML")!, angle, iterated, "angle");
});

it("a term that stays is a nuisance; terms of several effects have no such angle", () => {
  const table = nested(2, 8, 3, 4);
  const frame = frameOf(table, BOTH);
  expect(boundaryAngle(frame, frame.Z.slice(0, 1), "REML")).toBeNull();
  expect(boundaryAngle(frame, frame.Z, "REML")).toBeNull();
});

it("the null distribution of the test, by simulation", () => {
  const runs = 300;
  const [U, T, m] = [30, 4, 3];
  let rejected = 0;
  let conservative = 0;
  for (let seed = 0; seed < runs; seed++) {
    const frame = frameOf(nested(100 + seed, U, T, m), BOTH);
    const { deviance } = fitLinearMixed(frame, { df: "normal" });
    // Without random effects the REML criterion of one mean is in closed form.
    const n = frame.response.length;
    const mean = frame.response.reduce((sum, v) => sum + v, 0) / n;
    const squares = frame.response.reduce((sum, v) => sum + (v - mean) ** 2, 0);
    const none = (n - 1) * (1 + Math.log((2 * Math.PI * squares) / (n - 1))) + Math.log(n);
    const tested = { regular: 0, covariances: 0, variances: 2 };
    if (likelihoodRatioTest(none - deviance, tested, boundaryAngle(frame, [], "REML")).p < 0.1) rejected++;
    if (likelihoodRatioTest(none - deviance, tested).p < 0.1) conservative++;
  }
  expectClose(rejected / runs, 0.1, monteCarlo(Math.sqrt((0.1 * 0.9) / runs), 0.1), "share of p below 0.1");
  expect(conservative).toBeLessThan(rejected);
});
