import { describe, expect, it } from "vitest";
import { gaussHermite } from "../../src/numeric/gauss-hermite.js";
import { closedForm, exact, expectClose } from "./tolerance.js";

/** E z^m of the standard normal: (m − 1)!! for even m. */
const moment = (m: number): number => {
  let product = m % 2 === 0 ? 1 : 0;
  for (let k = m - 1; k > 1; k -= 2) product *= k;
  return product;
};

describe("Gauss–Hermite quadrature", () => {
  it("of two and three points, by hand", () => {
    const two = gaussHermite(2);
    expectClose(two.nodes, [-1, 1], closedForm, "nodes");
    expectClose(two.weights, [0.5, 0.5], closedForm, "weights");
    const three = gaussHermite(3);
    expectClose(three.nodes, [-Math.sqrt(3), 0, Math.sqrt(3)], closedForm, "nodes");
    expectClose(three.weights, [1 / 6, 2 / 3, 1 / 6], closedForm, "weights");
  });

  it("of one point is the value at the mean", () => {
    expect([...gaussHermite(1).nodes, ...gaussHermite(1).weights]).toEqual([0, 1]);
  });

  it.each([1, 2, 5, 8, 15, 25, 40, 100])("of %i points has the moments up to 2n − 1 exactly", (n) => {
    const { nodes, weights } = gaussHermite(n);
    for (let m = 0; m < Math.min(2 * n, 40); m++) {
      const terms = nodes.map((z, k) => weights[k]! * z ** m);
      const size = terms.reduce((sum, term) => sum + Math.abs(term), 0);
      expectClose(
        terms.reduce((sum, term) => sum + term, 0),
        moment(m),
        closedForm,
        `moment ${m}`,
        size,
      );
    }
  });

  it("is not exact beyond them", () => {
    const { nodes, weights } = gaussHermite(3);
    expect(nodes.reduce((sum, z, k) => sum + weights[k]! * z ** 6, 0)).toBeLessThan(moment(6) - 1);
  });

  it("is symmetric to the last bit", () => {
    const { nodes, weights } = gaussHermite(25);
    expectClose(
      [...nodes].reverse().map((z) => -z),
      nodes,
      exact,
      "nodes",
    );
    expectClose([...weights].reverse(), weights, exact, "weights");
  });
});
