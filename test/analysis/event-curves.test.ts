import { describe, expect, it } from "vitest";
import { censoringTimes, numbersAtRisk, roundTimes } from "../../src/analysis/event-curves.js";

describe("round times", () => {
  it.each([
    [1022, null, [0, 200, 400, 600, 800, 1000]],
    [52, "weeks", [0, 13, 26, 39, 52]],
    [12, "months", [0, 2, 4, 6, 8, 10, 12]],
    [18.4, "months", [0, 3, 6, 9, 12, 15, 18]],
    [0.6, null, [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6]],
    [0.3, "weeks", [0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3]],
    [1, null, [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [0, null, [0]],
  ])("up to %d %s", (until, unit, expected) => {
    expect(roundTimes(until, unit)).toEqual(expected);
  });

  it("are never more than seven, whatever the end", () => {
    for (let until = 0.0013; until < 1e6; until *= 1.37) {
      for (const unit of [null, "weeks", "months"]) {
        const times = roundTimes(until, unit);
        expect(times.length).toBeLessThanOrEqual(7);
        expect(times.length).toBeGreaterThanOrEqual(2);
        expect(times.at(-1)!).toBeLessThanOrEqual(until * (1 + 1e-9));
      }
    }
  });
});

describe("numbers at risk", () => {
  const outcome = {
    start: null,
    time: Float64Array.of(1, 2, 2, 3, 5, 5),
    event: Int32Array.of(1, 0, 2, 1, 0, 1),
    causes: ["dropout", "planned"],
  };
  const groups = { names: ["TAU", "FIT"], codes: Int32Array.of(0, 0, 1, 1, 1, 0) };

  it("count rows just before each time, events up to and with it", () => {
    expect(numbersAtRisk(outcome, groups, [0, 2, 4])).toEqual({
      times: [0, 2, 4],
      groups: [
        {
          group: "TAU",
          n: 3,
          events: 2,
          eventsByCause: [
            { cause: "dropout", count: 2 },
            { cause: "planned", count: 0 },
          ],
          atRisk: [3, 2, 1],
          cumulativeEvents: [
            { cause: "dropout", counts: [0, 1, 1] },
            { cause: "planned", counts: [0, 0, 0] },
          ],
        },
        {
          group: "FIT",
          n: 3,
          events: 2,
          eventsByCause: [
            { cause: "dropout", count: 1 },
            { cause: "planned", count: 1 },
          ],
          atRisk: [3, 3, 1],
          cumulativeEvents: [
            { cause: "dropout", counts: [0, 0, 1] },
            { cause: "planned", counts: [0, 1, 1] },
          ],
        },
      ],
    });
  });

  it("leave out who is not under observation yet", () => {
    const late = { ...outcome, start: Float64Array.of(0, 1, 1, 2, 3, 0) };
    const { groups: counts } = numbersAtRisk(late, { names: [""], codes: new Int32Array(6) }, [0, 1, 2, 4]);
    expect(counts[0]!.atRisk).toEqual([2, 2, 3, 2]);
  });

  it("times of censoring are distinct and ascending", () => {
    const times = { time: Float64Array.of(5, 2, 10, 5, 1), event: Int32Array.of(0, 0, 0, 0, 1) };
    expect([...censoringTimes(times, new Int32Array(5), 0)]).toEqual([2, 5, 10]);
  });
});
