/** Refits with other treatment columns are the fits that the whole engine makes of them. */
import { describe, expect, it } from "vitest";
import type { Frame } from "../../src/formula/frame.js";
import { modelFrame } from "../../src/formula/model-frame.js";
import { parseFormula } from "../../src/formula/parse-formula.js";
import { fitLinear } from "../../src/linear/linear.js";
import { fitLinearMixed } from "../../src/mixed/linear-mixed.js";
import type { Matrix } from "../../src/numeric/matrix.js";
import { refitter } from "../../src/stepped-wedge/refit.js";
import { simulatedWedge } from "./simulated-wedge.js";

const frameOf = (formula: string, seed = 1) =>
  modelFrame({ formula: parseFormula(formula), table: simulatedWedge({ seed }) });

/** The unit's switch is moved to that of unit (2u + shift) mod 8. */
function permuted(seed: number, shift: number): Matrix {
  const table = simulatedWedge({ seed });
  const unit = table.columns.get("unit")!;
  const period = table.columns.get("period")!;
  if (unit.kind !== "category" || period.kind !== "number") throw new Error("not a wedge");
  const data = period.values.map((t, i) => (t >= 2 + ((3 * unit.codes[i]! + shift) % 4) ? 1 : 0));
  return { rows: data.length, cols: 1, data };
}

function withColumn(frame: Frame, j: number, column: Matrix): Frame {
  const data = frame.X.data.slice();
  for (let i = 0; i < frame.X.rows; i++) data[i * frame.X.cols + j] = column.data[i]!;
  return { ...frame, X: { ...frame.X, data } };
}

const FORMULA = "y ~ factor(period) + treated + age + (1 | unit) + (1 | unit:period)";

describe("refits of a stepped wedge", () => {
  it.each([1, 2, 3, 4, 5])("are the fits with the column replaced, shift %i", (shift) => {
    const frame = frameOf(FORMULA);
    const j = frame.names.indexOf("treated");
    const column = permuted(1, shift);
    const refit = refitter(frame, [j])({ treatment: column })!;
    const fit = fitLinearMixed(withColumn(frame, j, column), { df: "normal" });
    expect(refit.converged).toBe(true);
    expect(refit.coef[0]).toBeCloseTo(fit.coef[j]!, 6);
    expect(Math.sqrt(refit.vcov.data[0]!)).toBeCloseTo(Math.sqrt(fit.vcov.data[j * frame.X.cols + j]!), 6);
    expect(refit.sigma).toBeCloseTo(fit.sigma, 6);
  });

  it("do not depend on the refits before them", () => {
    const frame = frameOf(FORMULA);
    const j = frame.names.indexOf("treated");
    const one = refitter(frame, [j]);
    const alone = one({ treatment: permuted(1, 3) })!;
    const many = refitter(frame, [j]);
    for (const shift of [0, 1, 2]) many({ treatment: permuted(1, shift) });
    expect(many({ treatment: permuted(1, 3) })).toEqual(alone);
  });

  it("take a response of their own: y − δ·treatment moves the effect by δ", () => {
    const frame = frameOf(FORMULA);
    const j = frame.names.indexOf("treated");
    const refit = refitter(frame, [j]);
    const treatment = permuted(1, 0);
    const response = frame.response.map((y, i) => y - 2.5 * treatment.data[i]!);
    const [plain, shifted] = [refit({ treatment })!, refit({ treatment, response })!];
    expect(shifted.coef[0]! + 2.5).toBeCloseTo(plain.coef[0]!, 6);
    expect(shifted.vcov.data[0]).toBeCloseTo(plain.vcov.data[0]!, 6);
  });

  it("replace treatment in random terms too", () => {
    const frame = frameOf(`${FORMULA} + (0 + treated | unit)`, 3);
    const j = frame.names.indexOf("treated");
    const column = permuted(3, 1);
    const refit = refitter(frame, [j])({ treatment: column, random: new Map([[2, column]]) })!;
    const other = withColumn(frame, j, column);
    const Z = frame.Z.map((term, t) => (t === 2 ? { ...term, values: column } : term));
    const fit = fitLinearMixed({ ...other, Z }, { df: "normal" });
    expect(refit.coef[0]).toBeCloseTo(fit.coef[j]!, 5);
    expect(Math.sqrt(refit.vcov.data[0]!)).toBeCloseTo(Math.sqrt(fit.vcov.data[j * frame.X.cols + j]!), 5);
  });

  it("give the effects on another outcome, with the variances of the first: on the treatment itself, 1", () => {
    const frame = frameOf(FORMULA);
    const refit = refitter(frame, [frame.names.indexOf("treated")]);
    const treatment = permuted(1, 2);
    expect(refit({ treatment, also: treatment.data })!.also![0]).toBeCloseTo(1, 10);
    const y = frame.response.map((v) => 3 * v + 1);
    const done = refit({ treatment, also: y })!;
    expect(done.also![0]).toBeCloseTo(3 * done.coef[0]!, 8);
  });

  it("without random terms are least squares", () => {
    const frame = frameOf("y ~ factor(period) + treated + age + unit");
    const j = frame.names.indexOf("treated");
    const column = permuted(1, 2);
    const refit = refitter(frame, [j])({ treatment: column, also: frame.response })!;
    const fit = fitLinear(withColumn(frame, j, column));
    expect(refit.coef[0]).toBeCloseTo(fit.coef[j]!, 10);
    expect(refit.also).toEqual(refit.coef);
    expect(refit.sigma).toBeCloseTo(fit.sigma, 10);
    expect(refit.vcov.data[0]).toBeCloseTo(fit.vcov.data[j * frame.X.cols + j]!, 10);
  });

  it("are null where treatment cannot be told from the periods", () => {
    const frame = frameOf(FORMULA);
    const period = simulatedWedge().columns.get("period")!;
    if (period.kind !== "number") throw new Error("not a wedge");
    const data = period.values.map((t) => (t >= 3 ? 1 : 0));
    expect(
      refitter(frame, [frame.names.indexOf("treated")])({ treatment: { rows: data.length, cols: 1, data } }),
    ).toBeNull();
  });
});
