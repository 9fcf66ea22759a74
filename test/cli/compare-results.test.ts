import { describe, expect, it } from "vitest";
import { compareResults } from "../../src/cli/compare-results.js";

describe("compareResults", () => {
  it("counts the numbers of equal trees", () => {
    const tree = { a: 1, b: [{ name: "x", value: 2 }, null], c: { d: "text", e: true } };
    expect(compareResults(tree, structuredClone(tree))).toEqual({ first: null, differences: 0, numbers: 2 });
  });

  it("names members of lists by id, name or code, and the others by place", () => {
    const one = { analyses: [{ id: "a", estimates: [{ name: "coefficient:x", se: 1 }], list: [1, 2] }] };
    const two = { analyses: [{ id: "a", estimates: [{ name: "coefficient:x", se: 1.5 }], list: [1, 3] }] };
    expect(compareResults(one, two)).toEqual({
      first: { path: "analyses[a].estimates[coefficient:x].se", before: "1", now: "1.5" },
      differences: 2,
      numbers: 3,
    });
    expect(compareResults(two.analyses[0]?.list, [1, 2]).first?.path).toBe("[1]");
  });

  it("finds what is missing on either side", () => {
    expect(compareResults({ a: 1 }, {}).first).toEqual({ path: "a", before: "1", now: "nothing" });
    expect(compareResults([], [{ id: "b" }]).first).toEqual({ path: "[b]", before: "nothing", now: '{"id":"b"}' });
  });

  it("does not take null for a number, a list for an object, or 0 for −0", () => {
    expect(compareResults({ a: null }, { a: 0 }).differences).toBe(1);
    expect(compareResults({ a: [] }, { a: {} }).differences).toBe(1);
    expect(compareResults({ a: 0 }, { a: -0 }).differences).toBe(1);
    expect(compareResults({ a: 0.1 + 0.2 }, { a: 0.3 }).differences).toBe(1);
  });
});
