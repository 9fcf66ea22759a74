import { describe, expect, it } from "vitest";
import { checkLock, renderDictionary, renderLock } from "../../src/plan/lock-plan.js";

const hashes = { plan: "a".repeat(64), dictionary: "b".repeat(64) };
const lock = renderLock("plan.yaml", hashes, "2026-11-22", "0.1.0");

describe("renderLock and checkLock", () => {
  it("locks a plan that is unchanged", () => {
    expect(JSON.parse(lock)).toEqual({
      lock: "fit-rct-lock/1",
      file: "plan.yaml",
      plan: hashes.plan,
      dictionary: hashes.dictionary,
      date: "2026-11-22",
      version: "0.1.0",
    });
    expect(checkLock(lock, "plan.yaml.lock", hashes)).toEqual({ locked: true, date: "2026-11-22", problems: [] });
  });

  it("does not lock a plan without a lock file", () => {
    expect(checkLock(null, "plan.yaml.lock", hashes)).toEqual({ locked: false, date: null, problems: [] });
  });

  it("warns when the plan changed, and says whether its columns did", () => {
    const state = checkLock(lock, "plan.yaml.lock", { ...hashes, plan: "c".repeat(64) });
    expect(state).toMatchObject({
      locked: false,
      date: "2026-11-22",
      problems: [{ code: "plan.changed-since-lock", severity: "warning", path: "plan.yaml.lock" }],
    });
    expect(state.problems[0]?.message).toMatch(/^The plan changed since .* 2026-11-22/);
    const columns = checkLock(lock, "x", { plan: "c".repeat(64), dictionary: "c".repeat(64) });
    expect(columns.problems[0]?.message).toMatch(/^The plan and its columns changed/);
  });

  it.each(["", "{", "{}", "null", lock.replace("fit-rct-lock/1", "fit-rct-lock/2"), lock.replace("aaa", "zzz")])(
    "does not trust a lock file that it cannot read",
    (text) => {
      expect(checkLock(text, "x", hashes)).toMatchObject({
        locked: false,
        problems: [{ code: "plan.lock-unreadable" }],
      });
    },
  );
});

describe("renderDictionary", () => {
  it("does not depend on the order of columns and keys, but on that of levels", () => {
    const one = renderDictionary({ a: { type: "number", unit: "points" }, b: { type: "factor", levels: ["x", "y"] } });
    const two = renderDictionary({ b: { levels: ["x", "y"], type: "factor" }, a: { unit: "points", type: "number" } });
    const three = renderDictionary({
      a: { type: "number", unit: "points" },
      b: { type: "factor", levels: ["y", "x"] },
    });
    expect(one).toBe('{"a":{"type":"number","unit":"points"},"b":{"levels":["x","y"],"type":"factor"}}');
    expect(two).toBe(one);
    expect(three).not.toBe(one);
  });
});
