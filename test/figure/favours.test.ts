import { expect, test } from "vitest";
import { favours } from "../../src/figure/favours.js";

test("an arrow points outwards on each side of no difference", () => {
  const [left, right] = favours([["favours", "TAU"], ["favours FIT"]], 44, 1);
  expect(left!.data.values).toEqual([{ x: 1, text: ["\u2190 favours", "TAU"] }]);
  expect(right!.data.values).toEqual([{ x: 1, text: "favours FIT \u2192" }]);
  expect([left!.mark.align, right!.mark.align]).toEqual(["right", "left"]);
});

test("nothing when it is not known which side is better", () => {
  expect(favours([], 44, 0)).toEqual([]);
});
