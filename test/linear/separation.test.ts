import { expect, it } from "vitest";
import { findSeparation } from "../../src/linear/separation.js";
import { fromRows } from "../../src/numeric/matrix.js";

const names = ["(Intercept)", "x", "z"];
const X = fromRows([
  [1, 1, 5],
  [1, 2, 1],
  [1, 3, 4],
  [1, 3, 2],
  [1, 4, 3],
]);
const along = (...direction: number[]) => Float64Array.from(direction);

it("a direction that parts the outcomes in every row is complete, one that touches is not", () => {
  expect(findSeparation(X, along(0, 0, 1, 1, 1), "binomial", along(-2.5, 1, 0), names)).toEqual({
    complete: true,
    columns: [1],
  });
  expect(findSeparation(X, along(0, 0, 0, 1, 1), "binomial", along(-3, 1, 0), names)).toEqual({
    complete: false,
    columns: [1],
  });
});

it("a direction against one row's outcome does not separate", () => {
  expect(findSeparation(X, along(0, 1, 0, 1, 1), "binomial", along(-2.5, 1, 0), names)).toBeNull();
  expect(findSeparation(X, along(0, 0, 1, 1, 1), "binomial", along(0, 0, 0), names)).toBeNull();
});

it("counts: rows with a positive count must stay, those at zero may only fall", () => {
  expect(findSeparation(X, along(4, 2, 0, 0, 0), "poisson", along(0, -1, 0), names)).toBeNull();
  const still = fromRows([
    [1, 0],
    [1, 0],
    [1, 1],
  ]);
  expect(findSeparation(still, along(4, 2, 0), "poisson", along(0, -1), names)).toEqual({
    complete: false,
    columns: [1],
  });
  expect(findSeparation(still, along(4, 2, 0), "poisson", along(0, 1), names)).toBeNull();
});
