import { describe, expect, it } from "vitest";
import { compassSearch } from "../../src/numeric/compass-search.js";
import { minimise } from "../../src/numeric/minimise.js";

import { expectClose, iterated, optimised } from "./tolerance.js";

/** (1 − x)² + 100 (y − x²)²: minimum 0 at (1, 1). */
const rosenbrock = (v: Float64Array) => (1 - v[0]!) ** 2 + 100 * (v[1]! - v[0]! ** 2) ** 2;

function objective(
  value: (x: Float64Array) => number,
  gradientAt: (x: Float64Array) => number[],
): Parameters<typeof minimise>[0] {
  let last = new Float64Array();
  return {
    value: (x) => {
      last = Float64Array.from(x);
      return value(x);
    },
    gradient: () => Float64Array.from(gradientAt(last)),
  };
}

describe("minimise", () => {
  const valley = objective(
    rosenbrock,
    ([x = 0, y = 0]) => [-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)] as number[],
  );

  it("finds the end of Rosenbrock's valley and the Hessian there", () => {
    const minimum = minimise(valley, Float64Array.of(-1.2, 1));
    expect(minimum.converged).toBe(true);
    expectClose(minimum.at, [1, 1], iterated, "at");
    // By hand: [[802, −400], [−400, 200]] at (1, 1).
    // Forward differences: four digits.
    expectClose(minimum.hessian!.data, [802, -400, -400, 200], optimised.se, "Hessian");
    expect(minimum.decrement).toBeLessThan(1e-12);
  });

  it("takes the objective's own Hessian where it has one", () => {
    const exactHessian = (v: Float64Array) => ({
      rows: 2,
      cols: 2,
      data: Float64Array.of(2 - 400 * (v[1]! - 3 * v[0]! ** 2), -400 * v[0]!, -400 * v[0]!, 200),
    });
    const minimum = minimise({ ...valley, hessian: exactHessian }, Float64Array.of(-1.2, 1));
    expect(minimum.converged).toBe(true);
    expectClose(minimum.hessian!.data, [802, -400, -400, 200], iterated, "Hessian");
    // No evaluation is spent on differences.
    expect(minimum.evaluations).toBeLessThan(minimise(valley, Float64Array.of(-1.2, 1)).evaluations);
  });

  it("starts BFGS from the scoring matrix where there is one", () => {
    const narrow = objective(
      ([x = 0, y = 0]) => 5e5 * (x - 0.5) ** 2 + (y - 0.25) ** 2,
      ([x = 0, y = 0]) => [1e6 * (x - 0.5), 2 * (y - 0.25)],
    );
    const scoring = () => ({ rows: 2, cols: 2, data: Float64Array.of(1e6, 0, 0, 2) });
    const minimum = minimise({ ...narrow, scoring }, Float64Array.of(0, 0));
    expectClose(minimum.at, [0.5, 0.25], iterated, "at");
    expect(minimum.iterations).toBeLessThanOrEqual(3);
    // One that is no positive definite matrix is passed over.
    const flat = () => ({ rows: 2, cols: 2, data: new Float64Array(4) });
    expectClose(minimise({ ...narrow, scoring: flat }, Float64Array.of(0, 0)).at, [0.5, 0.25], iterated, "at");
  });

  it("does not call a saddle a minimum", () => {
    const saddle = objective(
      ([x = 0, y = 0]) => x * x - y * y,
      ([x = 0, y = 0]) => [2 * x, -2 * y],
    );
    const end = minimise(saddle, Float64Array.of(1, 0), { maxIterations: 50 });
    expect(end.converged).toBe(false);
    expect(end.hessian).toBeNull();
  });

  it("does not call a slope without end a minimum", () => {
    const slope = objective(
      ([x = 0]) => -x,
      () => [-1],
    );
    expect(minimise(slope, Float64Array.of(0), { maxIterations: 5 }).converged).toBe(false);
  });

  it("fails where the function cannot be evaluated at the start", () => {
    const none = objective(
      () => Number.NaN,
      () => [0],
    );
    expect(minimise(none, Float64Array.of(0))).toMatchObject({ converged: false, value: Number.NaN });
  });

  it("of no parameters is the value itself", () => {
    const constant = objective(
      () => 7,
      () => [],
    );
    expect(minimise(constant, new Float64Array())).toMatchObject({ converged: true, value: 7 });
  });
});

describe("compass search", () => {
  const steps = Array.from({ length: 30 }, (_, i) => 0.5 ** (i + 1));
  it("finds the minimum of a quadratic without a gradient", () => {
    const quadratic = ([x = 0, y = 0]: Float64Array) => (x - 1) ** 2 + 3 * (y + 2) ** 2 + 0.5 * x * y;
    // By hand: 2x + y/2 = 2 and 6y + x/2 = −12.
    const { at } = compassSearch(quadratic, Float64Array.of(0, 0), { steps, tolerance: 0, maxEvaluations: 5000 });
    expectClose(at, [72 / 47, -100 / 47], iterated, "at");
  });
  it("stays at a minimum, and counts what it looked at", () => {
    const { at, evaluations } = compassSearch(rosenbrock, Float64Array.of(1, 1), {
      steps: [0.5, 0.1],
      tolerance: 0,
      maxEvaluations: 100,
    });
    expect([...at]).toEqual([1, 1]);
    expect(evaluations).toBe(1 + 2 * 4);
  });
  it("keeps to its number of evaluations, to one round", () => {
    const { evaluations } = compassSearch(rosenbrock, Float64Array.of(-1.2, 1), {
      steps,
      tolerance: 0,
      maxEvaluations: 30,
    });
    expect(evaluations).toBeLessThan(30 + 4);
  });
});
