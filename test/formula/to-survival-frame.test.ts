import { describe, expect, it } from "vitest";
import { parseFormula } from "../../src/formula/parse-formula.js";
import type { SurvivalFrame } from "../../src/formula/survival-frame.js";
import { type SurvivalFrameOptions, survivalFrame } from "../../src/formula/to-survival-frame.js";
import { type Problem, ProblemError } from "../../src/problem.js";
import type { Table } from "../../src/table/table.js";
import { type Cells, factor, numbers, tableOf } from "./table-of.js";

type More = Omit<SurvivalFrameOptions, "formula" | "table">;

const frameOf = (text: string, table: Table, more: More = {}): SurvivalFrame =>
  survivalFrame({ formula: parseFormula(text), table, ...more });

function problemsOf(text: string, table: Table, more: More = {}): readonly Problem[] {
  try {
    frameOf(text, table, more);
  } catch (error) {
    if (error instanceof ProblemError) return error.problems;
    throw error;
  }
  return [];
}
const codesOf = (...args: Parameters<typeof problemsOf>): string[] => problemsOf(...args).map(({ code }) => code);
const messagesOf = (...args: Parameters<typeof problemsOf>): string[] =>
  problemsOf(...args).map(({ message }) => message);

const CAUSES = ["ongoing", "planned", "moved", "dropout"];
const columns: Record<string, Cells> = {
  client: factor(["a", "b", "c", "d", "e", "f"], ["a", "b", "c", "d", "e", "f"], "id"),
  unit: factor(["u", "v", "u", "v", "u", "v"], ["u", "v"], "id"),
  team: factor(["1", "1", "2", "2", "1", "1"], ["1", "2"], "id"),
  sex: ["k", "m", "k", "k", "m", "m"],
  arm: factor(["FIT", "TAU", "TAU", "FIT", "FIT", "TAU"], ["TAU", "FIT"]),
  age: [30, 40, 50, 60, 35, 45],
  from: [0, 0, 1, 2, 0, 5],
  time: [3, 0.1 + 0.2, 5, 0.3, null, 8],
  to: [3, 4, 5, 6, 7, 8],
  dropout: numbers([1, 0, 1, 1, 0, 0], "binary"),
  cause: factor(["dropout", "ongoing", "planned", "dropout", "ongoing", "planned"], CAUSES),
  weight: [1, 2, 0.5, 1, 1, 3],
};
const trial = tableOf(columns);
const withColumns = (more: Record<string, Cells>): Table => tableOf({ ...columns, ...more });

describe("the survival frame", () => {
  it("has times, near ties resolved, and events over the rows used", () => {
    const { outcome, rows, excluded, participant } = frameOf("Surv(time, dropout) ~ arm", trial, {
      participant: "client",
    });
    expect([...rows]).toEqual([0, 1, 2, 3, 5]);
    expect(excluded.map(({ reason, detail, rows: { length } }) => [reason, detail, length])).toEqual([
      ["missing", "time", 1],
    ]);
    expect(outcome.start).toBeNull();
    expect([...outcome.time]).toEqual([3, 0.3, 5, 0.3, 8]);
    expect([...outcome.event]).toEqual([1, 0, 1, 1, 0]);
    expect(outcome).toMatchObject({ causes: ["dropout"], timeColumn: "time", eventColumn: "dropout" });
    expect(participant!.levels).toHaveLength(5);
  });

  it("has starts, and times that are expressions", () => {
    const { outcome } = frameOf("Surv(from, to / 7, dropout) ~ 1", withColumns({ to: [7, 14, 21, 28, 35, 42] }), {
      where: { text: "from < 3", keep: Uint8Array.of(1, 1, 1, 1, 1, 0) },
    });
    expect([...outcome.start!]).toEqual([0, 0, 1, 2, 0]);
    expect([...outcome.time]).toEqual([1, 2, 3, 4, 5]);
    expect(outcome.timeColumn).toBe("to/7");
  });

  it("has the causes of a factor in the plan's order, without those that no row has", () => {
    const { outcome, problems } = frameOf("Surv(to, cause) ~ arm", trial, { censored: "ongoing" });
    expect(outcome.causes).toEqual(["planned", "dropout"]);
    expect([...outcome.event]).toEqual([2, 0, 1, 2, 0, 1]);
    expect(problems.map(({ code, message }) => [code, message])).toEqual([
      ["frame.levels-dropped", 'No row used has the level of "cause": moved. Left out.'],
    ]);
  });

  it("codes factors as coxph: by contrasts, without an intercept, whatever the formula says of it", () => {
    for (const right of ["arm + age", "0 + arm + age", "age + arm - 1"]) {
      const { names, X, design } = frameOf(`Surv(to, dropout) ~ ${right}`, trial);
      expect(names.toSorted()).toEqual(["age", "arm[FIT]"]);
      expect(X.cols).toBe(2);
      expect([...X.data].filter((_, i) => i % 2 === names.indexOf("arm[FIT]"))).toEqual([1, 0, 0, 1, 1, 0]);
      expect(design.names).toEqual(["(Intercept)", ...names]);
    }
    const { names } = frameOf("Surv(to, dropout) ~ arm:sex", trial);
    expect(names).toEqual(["arm[TAU]:sex[k]", "arm[FIT]:sex[k]", "arm[TAU]:sex[m]", "arm[FIT]:sex[m]"]);
  });

  it("has no columns for ~ 1, or strata alone", () => {
    for (const right of ["1", "strata(sex)"]) {
      const { X, names } = frameOf(`Surv(to, dropout) ~ ${right}`, trial);
      expect([X.rows, X.cols, names]).toEqual([6, 0, []]);
    }
  });

  it("has strata as combinations, clusters, frailty terms, weights and offset", () => {
    const frame = frameOf(
      "Surv(to, dropout) ~ arm + strata(sex) + strata(team) + cluster(unit) + offset(age) + (1 | unit / team)",
      trial,
      { weights: "weight" },
    );
    expect(frame.strata!.levels).toEqual(["k:1", "m:1", "k:2"]);
    expect([...frame.strata!.codes]).toEqual([0, 1, 2, 2, 1, 1]);
    expect(frame.cluster).toMatchObject({ column: "unit", levels: ["u", "v"] });
    expect(frame.Z.map(({ group, levels }) => [group, levels.length])).toEqual([
      ["unit", 2],
      ["unit:team", 4],
    ]);
    expect([...frame.weights!]).toEqual([1, 2, 0.5, 1, 1, 3]);
    expect([...frame.offset!]).toEqual([30, 40, 50, 60, 35, 45]);
    const [gamma] = frameOf("Surv(to, dropout) ~ arm + frailty(unit, gamma)", trial).special;
    expect(gamma).toMatchObject({ term: { kind: "frailty", distribution: "gamma" }, group: { levels: ["u", "v"] } });
  });

  it("is the same for the rows in another order", () => {
    const frame = frameOf("Surv(time, dropout) ~ age", trial);
    const order = [5, 3, 4, 1, 0, 2];
    const reordered = tableOf({
      time: order.map((i) => (columns.time as (number | null)[])[i]!),
      dropout: numbers(order.map((i) => [1, 0, 1, 1, 0, 0][i]!)),
      age: order.map((i) => (columns.age as number[])[i]!),
    });
    const key = ({ outcome, X }: SurvivalFrame): string[] =>
      Array.from(outcome.time, (t, i) => `${t} ${outcome.event[i]} ${X.data[i]}`).sort();
    expect(key(frameOf("Surv(time, dropout) ~ age", reordered))).toEqual(key(frame));
  });
});

describe("what cannot be a survival frame", () => {
  it("is an outcome that is not Surv, a term that the model does not take, a second cluster()", () => {
    expect(codesOf("to ~ arm", trial)).toEqual(["survival.outcome"]);
    expect(
      codesOf("Surv(to, dropout) ~ arm + cluster(unit) + cluster(team) + strata(sex)", trial, {
        specials: ["cluster"],
      }),
    ).toEqual(["formula.special-not-taken", "survival.several-clusters"]);
  });

  it("is an unknown column, a factor as time or weight, an event that is an id: all told at once", () => {
    expect(codesOf("Surv(sex, unit) ~ arm + agee", trial, { weights: "team" })).toEqual([
      "survival.factor-time",
      "survival.id-event",
      "formula.unknown-column",
      "survival.factor-weight",
    ]);
    expect(codesOf("Surv(to, 1 - cause) ~ arm", trial, { censored: "ongoing" })).toEqual([
      "survival.event-expression",
      "survival.censored-not-needed",
    ]);
  });

  it("is a factor event without its censored level, with one that it does not have, or a 0/1 event with one", () => {
    expect(messagesOf("Surv(to, cause) ~ arm", trial)).toEqual([
      'The event "cause" is a factor ("ongoing", "planned", "moved", "dropout"). Say which level is censoring: censored: LEVEL.',
    ]);
    expect(messagesOf("Surv(to, cause) ~ arm", trial, { censored: "ongoin" })).toEqual([
      'censored: "ongoin" is not a level of "cause". Did you mean "ongoing"? The levels are "ongoing", "planned", "moved", "dropout".',
    ]);
    expect(codesOf("Surv(to, dropout) ~ arm", trial, { censored: "ongoing" })).toEqual([
      "survival.censored-not-needed",
    ]);
  });

  it("is a negative time, an event code that is not 0 or 1, and a weight of 0: with row and value, all at once", () => {
    const table = tableOf(
      { time: [1, -2, 3, -4], event: [0, 1, 2, 1], w: [1, 0, 1, 2], x: [1, 2, 3, 4] },
      Int32Array.of(2, 3, 5, 6),
    );
    expect(messagesOf("Surv(time, event) ~ x", table, { weights: "w" })).toEqual([
      'The time "time" is -2 in line 3 of data.csv; a time is 0 or more. Correct it, or leave the row out with where.',
      'The time "time" is -4 in line 6 of data.csv; a time is 0 or more. Correct it, or leave the row out with where.',
      'The event "event" is 2 in line 5 of data.csv; it must be 0 (censored) or 1 (event). Correct it, or declare "event" as a factor and name the level that is censoring: censored: LEVEL.',
      'The weight "w" is 0 in line 3 of data.csv; a weight is above 0. Correct it, or leave the row out with where.',
    ]);
  });

  it("is a stop that is not after its start, or after it by rounding alone", () => {
    const table = tableOf({ from: [0, 2, 5, 0.3, -1], to: [1, 2, 4, 0.1 + 0.2, 3], event: [1, 1, 1, 1, 1] });
    expect(messagesOf("Surv(from, to, event) ~ 1", table)).toEqual([
      'Observation must end after it begins, but "from" is 2 and "to" is 2 in row 2. Correct them, or leave the row out with where.',
      'Observation must end after it begins, but "from" is 5 and "to" is 4 in row 3. Correct them, or leave the row out with where.',
      'Observation must end after it begins, but "from" is 0.3 and "to" is 0.30000000000000004 in row 4; a difference this small is rounding. Correct them, or leave the row out with where.',
      'The time "from" is -1 in row 5; a time is 0 or more. Correct it, or leave the row out with where.',
    ]);
  });

  it("is a table without events, by 0/1 or by factor, or one whose times are all missing", () => {
    const none = withColumns({
      dropout: numbers([0, 0, 0, 0, 0, 0], "binary"),
      cause: factor(CAUSES.map(() => "ongoing").concat("ongoing", "ongoing"), CAUSES),
    });
    expect(messagesOf("Surv(to, dropout) ~ arm", none)).toEqual([
      'No row has an event: "dropout" is censoring in all 6 rows used. Check where, and what counts as an event.',
    ]);
    expect(codesOf("Surv(to, cause) ~ arm", none, { censored: "ongoing" })).toEqual(["survival.no-events"]);
    const missing = withColumns({ time: numbers([null, null, null, null, null, null]) });
    expect(codesOf("Surv(time, dropout) ~ arm", missing)).toEqual(["frame.all-missing"]);
  });

  it("lists twenty rows of a kind and counts the others", () => {
    const rows = Array.from({ length: 30 }, (_, i) => i);
    const table = tableOf({ time: rows.map((i) => -1 - i), event: rows.map(() => 1) });
    const messages = messagesOf("Surv(time, event) ~ 1", table, { path: 'plan.yaml:12:5, analysis "km"' });
    expect(messages).toHaveLength(21);
    expect(messages.at(-1)).toBe("10 more problems of this kind.");
    expect(problemsOf("Surv(time, event) ~ 1", table, { path: 'plan.yaml:12:5, analysis "km"' }).at(-1)!.path).toBe(
      'plan.yaml:12:5, analysis "km"',
    );
  });
});

describe("a participant under observation twice", () => {
  const intervals = tableOf({
    id: factor(["p", "p", "q", "q", "q", "r"], ["p", "q", "r"], "id"),
    from: [0, 2, 0, 5, 1, 0],
    to: [2, 4, 9, 7, 1.5, 3],
    event: [0, 1, 0, 1, 1, 0],
    kind: factor(["a", "a", "a", "b", "c", "a"], ["a", "b", "c"]),
  });

  it("is found from every earlier interval of the participant that is still open", () => {
    expect(messagesOf("Surv(from, to, event) ~ 1", intervals, { participant: "id" })).toEqual([
      'id "q" is under observation twice at the same time: 0 to 9 in row 3, 1 to 1.5 in row 5. Correct the times, or keep one row.',
      'id "q" is under observation twice at the same time: 0 to 9 in row 3, 5 to 7 in row 4. Correct the times, or keep one row.',
    ]);
  });

  it("is no problem without a participant column, or in different strata", () => {
    expect(problemsOf("Surv(from, to, event) ~ 1", intervals)).toEqual([]);
    expect(problemsOf("Surv(from, to, event) ~ strata(kind)", intervals, { participant: "id" })).toEqual([]);
  });

  it("is a problem of times from 0 too, unless the model knows the participant", () => {
    expect(messagesOf("Surv(to, event) ~ 1", intervals, { participant: "id" })[0]).toBe(
      'id "p" is under observation twice at the same time: 0 to 2 in row 1, 0 to 4 in row 2. Keep one row, write Surv(start, stop, event), or name the participant in cluster().',
    );
    expect(problemsOf("Surv(to, event) ~ cluster(id)", intervals, { participant: "id" })).toEqual([]);
    expect(problemsOf("Surv(to, event) ~ frailty(id, gamma)", intervals, { participant: "id" })).toEqual([]);
    expect(problemsOf("Surv(to, event) ~ (1 | id)", intervals, { participant: "id" })).toEqual([]);
  });
});
