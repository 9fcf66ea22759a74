import { describe, expect, it } from "vitest";
import type { Problem } from "../../src/problem.js";
import { checkRiskSets } from "../../src/survival/check-survival.js";
import { continuedRows } from "../../src/survival/continued-rows.js";
import { rowsByGroup, survivalGroups } from "../../src/survival/survival-groups.js";
import { factor, numbers, tableOf } from "../formula/table-of.js";
import { survivalFrameOf } from "./survival-reference.js";

const table = tableOf({
  id: factor(["p", "p", "q", "r", "s", "t"], ["p", "q", "r", "s", "t"], "id"),
  unit: factor(["u", "u", "v", "v", "w", "w"], ["u", "v", "w"], "id"),
  arm: factor(["FIT", "FIT", "TAU", "TAU", "FIT", "TAU"], ["TAU", "FIT"]),
  sex: factor(["k", "k", "m", "k", "m", "m"], ["k", "m"]),
  man: numbers([0, 0, 1, 0, 1, 1], "binary"),
  age: [1, 2, 3, 4, 5, 6],
  from: [0, 2, 0, 0, 0, 4],
  to: [2, 5, 3, 5, 1, 4.5],
  event: numbers([0, 1, 1, 0, 0, 0], "binary"),
});

describe("groups of curves", () => {
  it("are the combinations that rows have, in the order of the plan, the last factor fastest", () => {
    const frame = survivalFrameOf("Surv(to, event) ~ arm * sex", table);
    const groups = survivalGroups(frame, table, "", []);
    expect(groups.names).toEqual(["arm[TAU],sex[k]", "arm[TAU],sex[m]", "arm[FIT],sex[k]", "arm[FIT],sex[m]"]);
    expect(groups.levels).toEqual(["TAU, k", "TAU, m", "FIT, k", "FIT, m"]);
    expect([...groups.codes]).toEqual([2, 2, 1, 0, 3, 1]);
    expect(rowsByGroup(groups).map((rows) => [...rows])).toEqual([[3], [2, 5], [0, 1], [4]]);
    const kept = survivalFrameOf("Surv(to, event) ~ arm + sex", table, {
      where: { text: "age < 5", keep: Uint8Array.of(1, 1, 1, 1, 0, 0) },
    });
    expect(survivalGroups(kept, table, "", []).names).toEqual([
      "arm[TAU],sex[k]",
      "arm[TAU],sex[m]",
      "arm[FIT],sex[k]",
    ]);
  });

  it("are all rows without a factor, and the values of a 0/1 column or factor()", () => {
    const names = (right: string): readonly string[] =>
      survivalGroups(survivalFrameOf(`Surv(to, event) ~ ${right}`, table), table, "", []).names;
    expect(names("1")).toEqual(["all"]);
    expect(names("strata(sex)")).toEqual(["all"]);
    expect(names("man")).toEqual(["man[0]", "man[1]"]);
    expect(names("factor(man) + strata(arm)")).toEqual(["factor(man)[0]", "factor(man)[1]"]);
  });

  it("are not made of a number", () => {
    const problems: Problem[] = [];
    survivalGroups(survivalFrameOf("Surv(to, event) ~ arm + age", table), table, "", problems);
    expect(problems.map(({ code }) => code)).toEqual(["survival.group-not-factor"]);
  });
});

describe("risk sets that are hard", () => {
  const checked = (formula: string) =>
    checkRiskSets(survivalFrameOf(formula, table), "").map(({ code, message }) => [code, message.split(": ").at(-1)]);

  it("strata without events are said", () => {
    expect(checked("Surv(to, event) ~ arm + strata(unit)")).toEqual([["survival.strata-without-events", '"w".']]);
  });

  it("clusters and frailty groups under observation at no event of their stratum are said", () => {
    // Events at 3 (stratum m) and 5 (k). In unit w: (0, 1] and (4, 4.5], both m.
    for (const right of ["cluster(unit)", "frailty(unit, gamma)", "(1 | unit)"]) {
      expect(checked(`Surv(from, to, event) ~ arm + strata(sex) + ${right}`)).toEqual([
        ["survival.clusters-not-at-risk", '"w".'],
      ]);
    }
    // Observed from 0, the second row of w is at risk at 3.
    expect(checked("Surv(to, event) ~ arm + strata(sex) + cluster(unit)")).toEqual([]);
  });

  it("events that are all at one time are said", () => {
    const tied = tableOf({ t: [2, 2, 2, 5], e: [1, 1, 1, 0], x: ["a", "b", "a", "b"] });
    const problems = checkRiskSets(survivalFrameOf("Surv(t, e) ~ x", tied), "");
    expect(problems.map(({ code }) => code)).toEqual(["survival.one-event-time"]);
  });
});

describe("rows that go on in another row", () => {
  it("are those whose end is the start of another row of the participant, in the same group", () => {
    const frame = survivalFrameOf("Surv(from, to, event) ~ arm", table, { participant: "id" });
    const groups = survivalGroups(frame, table, "", []);
    expect([...continuedRows(frame, groups)]).toEqual([1, 0, 0, 0, 0, 0]);
    expect([...continuedRows(frame, { codes: Int32Array.of(0, 1, 0, 0, 0, 0) })]).toEqual([0, 0, 0, 0, 0, 0]);
    expect([...continuedRows({ ...frame, participant: null }, groups)]).toEqual([0, 0, 0, 0, 0, 0]);
  });
});
