import { describe, expect, it } from "vitest";
import { latestFirst } from "../../src/survival/latest-first.js";

describe("rows from the latest to the earliest", () => {
  it("are in the order worked by hand: stratum, time descending, events last, then as they were", () => {
    const stratum = Int32Array.of(1, 0, 0, 0, 1, 0);
    const time = Float64Array.of(2, 5, 7, 5, 3, 5);
    expect([...latestFirst(stratum, time, null)]).toEqual([2, 1, 3, 5, 4, 0]);
    expect([...latestFirst(stratum, time, Uint8Array.of(0, 1, 0, 0, 0, 1))]).toEqual([2, 3, 1, 5, 4, 0]);
  });

  it("are in the order of a sort by comparison", () => {
    let state = 5;
    const draw = (below: number) => {
      state = (state * 16807) % 2147483647;
      return state % below;
    };
    const n = 400;
    const stratum = Int32Array.from({ length: n }, () => draw(4));
    const time = Float64Array.from({ length: n }, () => draw(90) / 8 - 1);
    const within = Uint8Array.from({ length: n }, () => draw(2));
    const compared = Array.from({ length: n }, (_, i) => i).sort(
      (a, b) => stratum[a]! - stratum[b]! || time[b]! - time[a]! || within[a]! - within[b]! || a - b,
    );
    expect([...latestFirst(stratum, time, within)]).toEqual(compared);
  });

  it("are none of none", () => {
    expect(latestFirst(new Int32Array(0), new Float64Array(0), null)).toHaveLength(0);
  });
});
