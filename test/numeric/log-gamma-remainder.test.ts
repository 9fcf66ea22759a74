import { describe, it } from "vitest";
import { logGammaRemainder, logGammaRemainderSlope } from "../../src/numeric/log-gamma-remainder.js";
import { closedForm, expectClose, iterated } from "../numeric/tolerance.js";

const stirling = (x: number) => (x - 0.5) * Math.log(x) - x + Math.log(2 * Math.PI) / 2;

describe("remainder of Stirling's formula", () => {
  it.each([1, 2, 3, 5, 9, 10, 11, 20])("is what factorials have more than Stirling: Γ(%i)", (x) => {
    let logFactorial = 0;
    for (let k = 2; k < x; k++) logFactorial += Math.log(k);
    expectClose(logGammaRemainder(x), logFactorial - stirling(x), closedForm, "remainder", 1e-2);
  });

  it("is that of Γ(½) = √π, and follows the recurrence", () => {
    expectClose(logGammaRemainder(0.5), Math.log(Math.PI) / 2 - stirling(0.5), closedForm, "½");
    for (const x of [0.01, 0.3, 4.2, 9.99, 15.5])
      expectClose(
        logGammaRemainder(x) - logGammaRemainder(x + 1),
        (x + 0.5) * Math.log1p(1 / x) - 1,
        closedForm,
        `recurrence at ${x}`,
        1e-2,
      );
  });

  it("is 1/(12x) for a large x, and has the slope that differences give", () => {
    expectClose(logGammaRemainder(1e9), 1 / 12e9, closedForm, "large");
    for (const x of [0.05, 0.7, 3, 9.9, 10.1, 50]) {
      const h = 1e-4 * x;
      const difference =
        (8 * (logGammaRemainder(x + h) - logGammaRemainder(x - h)) -
          (logGammaRemainder(x + 2 * h) - logGammaRemainder(x - 2 * h))) /
        (12 * h);
      expectClose(logGammaRemainderSlope(x), difference, iterated, `slope at ${x}`);
    }
  });
});
