import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { resolveNearTies } from "../../src/formula/near-ties.js";

interface Texts {
  readonly start: readonly string[];
  readonly time: readonly string[];
}
const file = new URL("../reference/survival-times/expected.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(file, "utf8")) as { cases: (Texts & { resolved: Texts })[] };
const startOf = ({ start }: Texts) => (start.length === 0 ? null : Float64Array.from(start, Number));
const timeOf = ({ time }: Texts) => Float64Array.from(time, Number);

describe("near-tied times", () => {
  it.each(cases)("$start $time are resolved as R's aeqSurv does", (given) => {
    const { start, time } = resolveNearTies({ start: startOf(given), time: timeOf(given) });
    expect(time).toEqual(timeOf(given.resolved));
    expect(start).toEqual(startOf(given.resolved));
  });

  it("0.1 + 0.2 and 0.3 are one time, the smaller, over starts and ends together", () => {
    const { start, time } = resolveNearTies({
      start: Float64Array.of(0, 0.1 + 0.2),
      time: Float64Array.of(0.3, 1),
    });
    expect([...start!]).toEqual([0, 0.3]);
    expect([...time]).toEqual([0.3, 1]);
  });

  it("leaves other times as they are, in the arrays given", () => {
    const time = Float64Array.of(3, 1, 1, 1.000001);
    expect(resolveNearTies({ start: null, time }).time).toBe(time);
    const near = Float64Array.of(0.1 + 0.2, 0.3);
    resolveNearTies({ start: null, time: near });
    expect(near[0]).toBe(0.1 + 0.2);
  });
});
