/** Risk difference, ratios and number needed to treat. */
import { describe, expect, it } from "vitest";
import type { EffectSize } from "../../src/effect-size/effect-size.js";
import { numberNeededToTreat } from "../../src/effect-size/number-needed-to-treat.js";
import { oddsRatio } from "../../src/effect-size/odds-ratio.js";
import { riskDifference, wilsonInterval } from "../../src/effect-size/risk-difference.js";
import { riskRatio } from "../../src/effect-size/risk-ratio.js";
import { closedForm, expectClose, iterated } from "../numeric/tolerance.js";
import { outcomeIn, reference } from "./reference.js";

const measures = { "risk-difference": riskDifference, "risk-ratio": riskRatio, "odds-ratio": oddsRatio };
const low = (arm: string) => {
  const values = outcomeIn(arm);
  return { events: values.filter((value) => value < 10).length, n: values.length };
};
const [arm, other] = [low("BtheB"), low("TAU")];

describe("effect sizes of risks", () => {
  it.each(Object.keys(measures) as (keyof typeof measures)[])("%s, as in R", (name) => {
    const effect = measures[name](arm, other, 0.95);
    // R's ratios come from glm, iterated.
    const tolerance = name === "risk-difference" ? closedForm : iterated;
    for (const [field, value] of Object.entries(reference.risks[name]!)) {
      expectClose(effect[field as keyof EffectSize] as number, value, tolerance, field, 1);
    }
  });

  it("risk difference: Newcombe's own example, 56/70 − 48/80 = 0.2, 0.0524 to 0.3339", () => {
    const { estimate, lower, upper } = riskDifference({ events: 56, n: 70 }, { events: 48, n: 80 }, 0.95);
    expectClose(estimate, 0.2, closedForm, "difference");
    expect([lower.toFixed(4), upper.toFixed(4)]).toEqual(["0.0524", "0.3339"]);
  });

  it.each(reference.newcombe)("risk difference of $table, from R's Wilson intervals", ({ table, ...expected }) => {
    const [a, n1, c, n0] = table;
    const effect = riskDifference({ events: a, n: n1 }, { events: c, n: n0 }, 0.95);
    for (const [field, value] of Object.entries(expected)) {
      expectClose(effect[field as keyof EffectSize] as number, value, closedForm, field, 1);
    }
  });

  it("ratios by hand: 10 of 20 against 5 of 20", () => {
    const [ten, five] = [
      { events: 10, n: 20 },
      { events: 5, n: 20 },
    ];
    const rr = riskRatio(ten, five, 0.95);
    expectClose([rr.estimate, rr.se], [2, Math.sqrt(1 / 10 - 1 / 20 + 1 / 5 - 1 / 20)], closedForm, "RR");
    const or = oddsRatio(ten, five, 0.95);
    expectClose([or.estimate, or.se], [3, Math.sqrt(1 / 10 + 1 / 10 + 1 / 5 + 1 / 15)], closedForm, "OR");
    expectClose(Math.sqrt(or.lower * or.upper), or.estimate, closedForm, "symmetric on the log scale");
  });

  it("swapped arms turn them over", () => {
    const [here, there] = [riskDifference(arm, other, 0.95), riskDifference(other, arm, 0.95)];
    expectClose(
      [there.estimate, there.lower, there.upper],
      [-here.estimate, -here.upper, -here.lower],
      closedForm,
      "RD",
    );
    for (const ratio of [riskRatio, oddsRatio]) {
      const [one, two] = [ratio(arm, other, 0.95), ratio(other, arm, 0.95)];
      expectClose(
        [two.estimate, two.lower, two.upper],
        [1 / one.estimate, 1 / one.upper, 1 / one.lower],
        closedForm,
        "ratio",
      );
      expectClose(two.p, one.p, closedForm, "p");
    }
  });

  it("Wilson's interval ends at 0 and 1, and contains the risk", () => {
    expect(wilsonInterval({ events: 0, n: 12 }, 0.95).lower).toBe(0);
    expect(wilsonInterval({ events: 12, n: 12 }, 0.95).upper).toBe(1);
    const { lower, upper } = wilsonInterval({ events: 3, n: 12 }, 0.95);
    expect(lower).toBeLessThan(0.25);
    expect(upper).toBeGreaterThan(0.25);
  });
});

describe("number needed to treat", () => {
  const difference = (events: number, otherEvents: number) =>
    riskDifference({ events, n: 100 }, { events: otherEvents, n: 100 }, 0.95);

  it("is the reciprocal, limits and all, with its sign", () => {
    const better = difference(60, 35);
    const { estimate, lower, upper } = numberNeededToTreat(better);
    expectClose([estimate, lower, upper], [4, 1 / better.upper, 1 / better.lower], closedForm, "NNT");
    const worse = numberNeededToTreat(difference(35, 60));
    expectClose([worse.estimate, worse.lower, worse.upper], [-4, -upper, -lower], closedForm, "turned over");
  });

  it("has no bounds where the difference may be 0: the interval goes through infinity", () => {
    const { estimate, lower, upper } = numberNeededToTreat(difference(40, 35));
    expectClose(estimate, 20, closedForm, "NNT");
    expect([lower, upper]).toEqual([Number.NaN, Number.NaN]);
    expect(Number.isFinite(numberNeededToTreat(difference(40, 40)).estimate)).toBe(false);
  });
});

describe("empty cells", () => {
  const none = { events: 0, n: 10 };
  const all = { events: 10, n: 10 };
  const some = { events: 4, n: 10 };

  it("nothing is added to them: no ratio, but a difference", () => {
    expect(oddsRatio(none, some, 0.95).estimate).toBeNaN();
    expect(oddsRatio(some, all, 0.95).estimate).toBeNaN();
    expect(riskRatio(none, some, 0.95).estimate).toBeNaN();
    expect(riskRatio(some, none, 0.95).estimate).toBeNaN();
    expectClose(riskRatio(all, some, 0.95).estimate, 2.5, closedForm, "RR with everyone");
    expectClose(riskDifference(none, some, 0.95).estimate, -0.4, closedForm, "RD");
  });

  it("everyone in both arms: ratio 1, whose interval cannot be told", () => {
    const { estimate, se, p, lower } = riskRatio(all, all, 0.95);
    expect(estimate).toBe(1);
    expect([se, p, lower]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  });
});
