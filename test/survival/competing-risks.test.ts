import { describe, expect, it } from "vitest";
import { cumulativeIncidence, curveAt, incidenceInterval, meanTimeLost } from "../../src/survival/competing-risks.js";
import { closedForm, exact, expectClose, iterated } from "../numeric/tolerance.js";
import { caseNames, competingRisksCase, outcomeOf } from "./competing-risks-case.js";

describe("cumulative incidence counted by hand", () => {
  // Six people: 1 own, 2 other, 2 censored, 3 own, 3 own, 4 other.
  const curves = cumulativeIncidence(outcomeOf([1, 2, 2, 3, 3, 4], [1, 2, 0, 1, 1, 2]));

  it("has S(t−) d / Y in each step", () => {
    expectClose(curves.endings.time, [1, 2, 3, 4], exact, "times");
    expectClose(curves.endings.atRisk, [6, 5, 3, 1], exact, "at risk");
    // S: 5/6, 5/6 · 4/5 = 2/3, 2/3 · 1/3 = 2/9, 0.
    expectClose(curves.eventFree.estimate, [5 / 6, 2 / 3, 2 / 9, 0], closedForm, "event-free", 1);
    // Own: 1/6; at 3 another 2/3 · 2/3 = 4/9. Other: at 2 5/6 · 1/5 = 1/6; at 4 2/9.
    expectClose(curves.incidence[0]!.estimate, [1 / 6, 1 / 6, 11 / 18, 11 / 18], closedForm, "own");
    expectClose(curves.incidence[1]!.estimate, [0, 1 / 6, 1 / 6, 7 / 18], closedForm, "other", 1);
  });

  it("has Aalen's variance", () => {
    // At 1: (1/6)². With F(t) − F(u) = 0 the weight of the own event at 1 is S(0)/Y = 1/6.
    // At 2: the own event at 1 still weighs 1/6 (F does not move), the other's at 2 weighs 0.
    // At 3: own at 1 weighs 1/6 · (1 − (4/9)/(5/6)) = 1/6 · 7/15 = 7/90; other at 2 1/5 · 5/6 · (4/9)/(2/3) = 1/9;
    // own at 3, two tied: (2/3)² · 2/9 · (3 − 2)/(3 − 1) = 4/81.
    expectClose(curves.incidence[0]!.se[1]!, 1 / 6, closedForm, "at 2");
    expectClose(curves.incidence[0]!.se[2]!, Math.sqrt((7 / 90) ** 2 + (1 / 9) ** 2 + 4 / 81), closedForm, "at 3");
  });

  it("has the area under each curve as time lost", () => {
    // Own to 4: 1/6 · 2 + 11/18 · 1 = 17/18; other: 1/6 · 2 = 1/3; event-free: 1 + 5/6 + 2/3 + 2/9 = 49/18. Together 4.
    expectClose(meanTimeLost(curves, 0, 4).estimate, 17 / 18, closedForm, "own");
    expectClose(meanTimeLost(curves, 1, 4).estimate, 1 / 3, closedForm, "other");
    // To 2.5: own 1/6 · 1.5; only the own event at 1 (weight 1/6 · 1.5) moves it.
    const { estimate, se } = meanTimeLost(curves, 0, 2.5);
    expectClose([estimate, se], [0.25, 0.25], closedForm, "own to 2.5");
  });

  it("is known before the first time, and after the last when nobody is left", () => {
    expect(curveAt(curves, curves.incidence[0]!, 0.5, 0)).toEqual({ estimate: 0, se: 0 });
    expect(curveAt(curves, curves.eventFree, 0.5, 1)).toEqual({ estimate: 1, se: 0 });
    expectClose(curveAt(curves, curves.incidence[0]!, 9, 0).estimate, 11 / 18, closedForm, "after the last");
    const censoredLast = cumulativeIncidence(outcomeOf([1, 2, 3], [1, 2, 0]));
    expect(curveAt(censoredLast, censoredLast.incidence[0]!, 3, 0).estimate).toBeCloseTo(1 / 3, 12);
    expect(curveAt(censoredLast, censoredLast.incidence[0]!, 3.1, 0).estimate).toBeNaN();
    expect(meanTimeLost(censoredLast, 0, 3.1).estimate).toBeNaN();
  });

  it("counts those who have entered, when entry is late", () => {
    // Third enters after 1 and before 2: at 1 two are at risk, at 2 two, at 3 one.
    const late = cumulativeIncidence(outcomeOf([1, 2, 3], [1, 2, 1], ["own", "other"], [0, 0, 1]));
    expectClose(late.endings.atRisk, [2, 2, 1], exact, "at risk");
    expectClose(late.incidence[0]!.estimate, [1 / 2, 1 / 2, 3 / 4], closedForm, "own");
    expectClose(late.incidence[1]!.estimate, [0, 1 / 4, 1 / 4], closedForm, "other", 1);
  });
});

describe.each(caseNames)("cumulative incidence of %s", (name) => {
  const { expected, outcome, groups } = competingRisksCase(name);

  it("is cmprsk's in each group", () => {
    for (const [g, group] of groups.levels.entries()) {
      const rows = [...groups.codes.keys()].filter((row) => groups.codes[row] === g);
      const curves = cumulativeIncidence(outcome, rows);
      for (const [k, cause] of expected.causes.entries()) {
        const points = expected.times.map((t) => curveAt(curves, curves.incidence[k]!, t, 0));
        const { estimate, variance } = expected.incidence[group]![cause]!;
        const known = points.flatMap((point, i) => (estimate[i] === null ? [] : [{ point, i }]));
        expect(known.length, "points to compare").toBeGreaterThan(1);
        for (const { point, i } of known) {
          expectClose(point.estimate, estimate[i]!, closedForm, `${group} ${cause} @${expected.times[i]}`, 1);
          expectClose(
            point.se ** 2,
            variance[i]!,
            closedForm,
            `${group} ${cause} variance @${expected.times[i]}`,
            1e-4,
          );
        }
      }
    }
  });

  it("is survival's over all, and the incidences and the event-free share are one", () => {
    const curves = cumulativeIncidence(outcome);
    const at = (curve: (typeof curves)["eventFree"], start: 0 | 1) =>
      expected.times.map((t) => curveAt(curves, curve, t, start).estimate);
    expectClose(at(curves.eventFree, 1), expected.all.eventFree, closedForm, "event-free");
    for (const [k, cause] of expected.causes.entries())
      expectClose(at(curves.incidence[k]!, 0), expected.all.incidence[cause]!, closedForm, cause);
    curves.endings.time.forEach((t, i) => {
      const sum = curves.incidence.reduce((total, { estimate }) => total + estimate[i]!, curves.eventFree.estimate[i]!);
      expectClose(sum, 1, closedForm, `at ${t}`);
    });
  });

  it("does not depend on the order of rows", () => {
    const rows = [...outcome.time.keys()];
    const shuffled = rows.map((row) => (row * 101 + 7) % rows.length);
    expect(new Set(shuffled).size).toBe(rows.length);
    expect(cumulativeIncidence(outcome, shuffled)).toEqual(cumulativeIncidence(outcome, rows));
  });
});

describe("identities", () => {
  const { outcome } = competingRisksCase("ties");

  it("is 1 − Kaplan–Meier when there is one cause", () => {
    const one = { ...outcome, event: outcome.event.map((code) => Math.min(code, 1)), causes: ["any"] };
    const { eventFree, incidence } = cumulativeIncidence(one);
    expectClose(
      incidence[0]!.estimate,
      eventFree.estimate.map((s) => 1 - s),
      closedForm,
      "incidence",
    );
  });

  it("of one cause does not depend on whether the others are told apart", () => {
    const apart = cumulativeIncidence(outcome);
    const event = outcome.event.map((code) => Math.min(code, 2));
    const merged = cumulativeIncidence({ ...outcome, event, causes: outcome.causes.slice(0, 2) });
    expectClose(merged.incidence[0]!.estimate, apart.incidence[0]!.estimate, closedForm, "estimate", 1);
    expectClose(merged.incidence[0]!.se, apart.incidence[0]!.se, closedForm, "se", 1);
    expectClose(
      merged.incidence[1]!.estimate,
      apart.incidence[1]!.estimate.map((f, i) => f + apart.incidence[2]!.estimate[i]!),
      closedForm,
      "the others together",
      1,
    );
  });

  it("loses time as a jackknife says", () => {
    // Σ (L₍₋ᵢ₎ − mean)² (n − 1)/n estimates the variance of the time lost; it agrees to a few per cent at n = 240.
    const rows = [...outcome.time.keys()];
    const horizon = 15;
    const without = rows.map(
      (left) =>
        meanTimeLost(
          cumulativeIncidence(
            outcome,
            rows.filter((r) => r !== left),
          ),
          0,
          horizon,
        ).estimate,
    );
    const mean = without.reduce((sum, v) => sum + v, 0) / rows.length;
    const jackknife = Math.sqrt(
      (without.reduce((sum, v) => sum + (v - mean) ** 2, 0) * (rows.length - 1)) / rows.length,
    );
    const { se } = meanTimeLost(cumulativeIncidence(outcome), 0, horizon);
    expect(Math.abs(se / jackknife - 1)).toBeLessThan(0.03);
  });

  it("has intervals on each scale", () => {
    const point = { estimate: 0.2, se: 0.05 };
    const z = 1.959963984540054;
    const power = Math.exp((z * 0.05) / (0.2 * Math.log(0.2)));
    const loglog = incidenceInterval(point, "log-log", 0.95);
    expectClose([loglog.lower, loglog.upper], [0.2 ** (1 / power), 0.2 ** power], iterated, "log-log");
    expect(loglog.lower).toBeLessThan(0.2);
    const log = incidenceInterval(point, "log", 0.95);
    expectClose([log.lower, log.upper], [0.2 * Math.exp(-z / 4), 0.2 * Math.exp(z / 4)], iterated, "log");
    const plain = incidenceInterval({ estimate: 0.05, se: 0.05 }, "plain", 0.95);
    expectClose([plain.lower, plain.upper], [0, 0.05 + z * 0.05], iterated, "plain");
    expect(incidenceInterval({ estimate: 0, se: 0 }, "log-log", 0.95)).toEqual({
      lower: Number.NaN,
      upper: Number.NaN,
    });
  });
});
