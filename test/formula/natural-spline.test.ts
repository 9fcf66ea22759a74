import { describe, expect, it } from "vitest";
import { isSplineDefined, naturalSpline, naturalSplineBasis } from "../../src/formula/natural-spline.js";
import type { NumberColumn } from "../../src/table/table.js";
import { largestDifference, reference, referenceTable } from "./model-matrix-reference.js";

const z = (referenceTable.columns.get("z") as NumberColumn).values;

describe("natural splines", () => {
  it.each(reference.splines)("agree with R's ns(z, $df) within and beyond the boundary", (expected) => {
    const spline = naturalSpline(z, expected.df);
    expect(largestDifference(spline.knots, expected.knots)).toBeLessThan(1e-14);
    expect([...spline.boundary]).toEqual(expected.boundary);
    const basis = naturalSplineBasis(spline, Float64Array.from(expected.at));
    expect(basis.cols).toBe(expected.df);
    expect(largestDifference(basis.data, expected.basis.flat())).toBeLessThan(1e-10);
  });

  it("are linear beyond the boundary and have no curvature at it", () => {
    const spline = naturalSpline(z, 4);
    const [, high] = spline.boundary;
    const column = (x: number): Float64Array => naturalSplineBasis(spline, Float64Array.of(x)).data;
    const [a, b, c] = [column(high + 1), column(high + 2), column(high + 3)];
    a.forEach((value, j) => {
      expect(c[j]! - b[j]!).toBeCloseTo(b[j]! - value, 10);
    });
    const [before, at] = [column(high - 1e-4), column(high)];
    a.forEach((value, j) => {
      expect((at[j]! - before[j]!) / 1e-4).toBeCloseTo(value - at[j]!, 5);
    });
  });

  it("reproduce a straight line: the basis and a constant span it", () => {
    const spline = naturalSpline(z, 1);
    const basis = naturalSplineBasis(spline, Float64Array.of(0, 1, 2, 20)).data;
    expect(basis[2]! - basis[1]!).toBeCloseTo(basis[1]! - basis[0]!, 12);
    expect(basis[3]! - basis[2]!).toBeCloseTo(18 * (basis[1]! - basis[0]!), 10);
  });

  it("give a row of NaN for a missing value", () => {
    const basis = naturalSplineBasis(naturalSpline(z, 3), Float64Array.of(Number.NaN, 1));
    expect([...basis.data.subarray(0, 3)].every(Number.isNaN)).toBe(true);
    expect([...basis.data.subarray(3)].every(Number.isFinite)).toBe(true);
  });

  it("say when a knot falls on the boundary", () => {
    expect(isSplineDefined(naturalSpline(Float64Array.of(0, 0, 0, 0, 1, 2), 3))).toBe(false);
    expect(isSplineDefined(naturalSpline(Float64Array.of(1, 1, 1), 1))).toBe(false);
    expect(isSplineDefined(naturalSpline(Float64Array.of(0, 1, 2, 3), 3))).toBe(true);
  });
});
