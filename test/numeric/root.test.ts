import { describe, expect, it } from "vitest";
import { findRoot } from "../../src/numeric/root.js";
import { closedForm, exact, expectClose } from "./tolerance.js";

describe("findRoot", () => {
  it.each([
    ["x³ = 2", (x: number) => x ** 3 - 2, 0, 2, Math.cbrt(2)],
    ["eˣ = 1e-5, outside the two points", (x: number) => Math.exp(x) - 1e-5, 0, 1, Math.log(1e-5)],
    ["a line", (x: number) => 3 - x, -1, 0, 3],
    ["the reciprocal, steep", (x: number) => 1 / x - 1e4, 1e-6, 1, 1e-4],
  ])("%s", (_, f, from, to, root) => {
    expectClose(findRoot(f, from, to), root, closedForm, "root");
  });

  it("finds a jump, and a root at an end", () => {
    expectClose(
      findRoot((x) => (x < 0.3 ? -1 : 2), 0, 1),
      0.3,
      closedForm,
      "jump",
    );
    expectClose(
      findRoot((x) => x, 0, 1),
      0,
      exact,
      "end",
    );
  });

  it("finds nothing where there is nothing, in few steps where there is", () => {
    expect(findRoot((x) => x * x + 1, 0, 1)).toBeNaN();
    expect(findRoot(() => Number.NaN, 0, 1)).toBeNaN();
    let calls = 0;
    findRoot(
      (x) => {
        calls++;
        return Math.cos(x) - x;
      },
      0,
      1,
    );
    expect(calls).toBeLessThan(12);
  });
});
