import { describe, expect, it } from "vitest";
import type { ModelFrame } from "../../src/formula/frame.js";
import { type ModelFrameOptions, modelFrame } from "../../src/formula/model-frame.js";
import { parseFormula } from "../../src/formula/parse-formula.js";
import { type Problem, ProblemError } from "../../src/problem.js";
import type { Table } from "../../src/table/table.js";
import { largestDifference, reference, referenceTable, withoutBrackets } from "./model-matrix-reference.js";
import { factor, numbers, tableOf } from "./table-of.js";

type More = Omit<ModelFrameOptions, "formula" | "table">;

const frameOf = (text: string, table: Table, more: More = {}): ModelFrame =>
  modelFrame({ formula: parseFormula(text), table, ...more });

function problemsOf(text: string, table: Table, more: More = {}): readonly Problem[] {
  try {
    frameOf(text, table, more);
  } catch (error) {
    if (error instanceof ProblemError) return error.problems;
    throw error;
  }
  return [];
}

const codesOf = (text: string, table: Table, more: More = {}): string[] =>
  problemsOf(text, table, more).map(({ code }) => code);

const where = (text: string, keep: readonly number[]): More => ({ where: { text, keep: Uint8Array.from(keep) } });

const trial = tableOf({
  y: [5, null, 7, 8, 9, 4, 3, 2, 1],
  x: [1, 2, null, 4, 5, 6, 7, 8, 9],
  arm: ["TAU", "FIT", "TAU", "FIT", "TAU", "FIT", "TAU", null, "FIT"],
  unit: factor(["b", "b", "a", "a", "c", "b", "a", "a", "b"], ["a", "b", "c"], "id"),
  days: [1, 2, 3, null, 1, 2, 3, 4, 5],
});

describe("the rows used", () => {
  it("exclude the others by the first reason that applies", () => {
    const frame = frameOf("y ~ arm + x + offset(days)", trial, where("month > 0", [1, 1, 1, 1, 0, 2, 1, 1, 1]));
    expect([...frame.rows]).toEqual([0, 6, 8]);
    expect(frame.excluded.map(({ reason, detail, rows }) => [reason, detail, [...rows]])).toEqual([
      ["where", "month > 0", [4]],
      ["where-missing", "month > 0", [5]],
      ["missing", "y", [1]],
      ["missing", "arm", [7]],
      ["missing", "x", [2]],
      ["missing", "days", [3]],
    ]);
    expect([...frame.response]).toEqual([5, 3, 1]);
    expect([...frame.offset!]).toEqual([1, 3, 5]);
  });

  it("need the grouping factors and the columns of special terms too", () => {
    const table = tableOf({
      y: [1, 2, 3, 4, 5],
      g: ["a", null, "a", "b", "b"],
      v: [1, 1, null, 2, 1],
      id: ["p", "p", "q", "q", "q"],
    });
    const frame = frameOf("y ~ 1 + (1 | g) + us(v | id)", table, { specials: ["covariance"] });
    expect(frame.excluded.map(({ detail, rows }) => [detail, [...rows]])).toEqual([
      ["g", [1]],
      ["v", [2]],
    ]);
  });

  it("do not depend on columns outside the formula", () => {
    expect([...frameOf("y ~ arm", trial).rows]).toEqual([0, 2, 3, 4, 5, 6, 8]);
    expect(frameOf("y ~ arm", trial).offset).toBeNull();
  });
});

describe("the response", () => {
  it("may be an expression, named as R deparses it", () => {
    const frame = frameOf("log( y+1 ) ~ 1", tableOf({ y: [0, 1] }));
    expect(frame.responseName).toBe("log(y + 1)");
    expect([...frame.response]).toEqual([0, Math.log(2)]);
    expect(frameOf("`y ö` ~ 1", tableOf({ "y ö": [0, 1] })).responseName).toBe("y ö");
  });
});

describe("factors", () => {
  const table = tableOf({
    y: [1, 2, 3, 4, 5],
    arm: factor(["TAU", "FIT", "TAU", "FIT", "CBT"], ["TAU", "CBT", "FIT", "WAIT"]),
    unit: factor(["a", "b", "a", "b", "c"], ["a", "b", "c", "d"]),
  });

  it("lose the levels that no used row has, and say so", () => {
    const frame = frameOf("y ~ arm", table, { ...where("arm != CBT", [1, 1, 1, 1, 0]), path: 'analysis "primary"' });
    expect(frame.names).toEqual(["(Intercept)", "arm[FIT]"]);
    expect(frame.problems).toEqual([
      {
        code: "frame.levels-dropped",
        severity: "note",
        path: 'analysis "primary"',
        message: 'No row used has these 2 levels of "arm": CBT, WAIT. Left out.',
        messageSv: "Ingen använd rad har dessa 2 nivåer av ”arm”: CBT, WAIT. De är utelämnade.",
      },
    ]);
  });

  it("lose the reference too: the next level takes its place", () => {
    const frame = frameOf("y ~ arm", table, where("arm != TAU", [0, 1, 0, 1, 1]));
    expect(frame.names).toEqual(["(Intercept)", "arm[FIT]"]);
    expect([...frame.X.data]).toEqual([1, 1, 1, 1, 1, 0]);
  });

  it("say it once for fixed and random terms, and not for groups", () => {
    const large = tableOf({
      y: [1, 2, 3, 4, 5, 6, 7],
      arm: factor(["TAU", "CBT", "TAU", "CBT", "TAU", "CBT", "TAU"], ["TAU", "CBT", "WAIT"]),
      unit: factor(["a", "b", "a", "b", "a", "b", "b"], ["a", "b", "c"]),
    });
    const frame = frameOf("y ~ arm + (0 + arm | unit)", large);
    expect(frame.Z[0]!.names).toEqual(["arm[TAU]", "arm[CBT]"]);
    expect(frame.problems.map(({ message }) => message)).toEqual([
      'No row used has the level of "arm": WAIT. Left out.',
    ]);
  });
});

describe("random terms", () => {
  it.each(reference.random)("agree with lme4: $formula", ({ formula, rows, parts }) => {
    const frame = frameOf(formula, referenceTable);
    expect([...frame.rows].map((row) => row + 1)).toEqual(rows);
    expect(frame.Z).toHaveLength(parts.length);
    for (const part of parts) {
      // lme4 writes b:a for a / b.
      const groups = part.group === "staff:unit" ? ["unit:staff"] : [part.group];
      const term = frame.Z.find(
        ({ group, names }) => groups.includes(group) && withoutBrackets(names).join() === part.names.join(),
      );
      expect(term, part.group).toBeDefined();
      expect(largestDifference(term!.values.data, part.values.flat())).toBeLessThan(1e-12);
      const levels = part.levels.map((level) =>
        part.group === "staff:unit" ? level.split(":").reverse().join(":") : level,
      );
      expect([...term!.codes].map((code) => term!.levels[code])).toEqual(levels);
    }
  });

  it("have their levels in the order of the data, used ones alone", () => {
    const [term] = frameOf("y ~ 1 + (1 | unit)", trial).Z;
    expect(term!.levels).toEqual(["b", "a", "c"]);
    expect([...term!.codes]).toEqual([0, 1, 1, 2, 0, 1, 1, 0]);
  });

  it("join nested groups, and take numbers as levels", () => {
    const table = tableOf({ y: [1, 2, 3, 4], a: ["u", "u", "v", "u"], b: [2, 1, 2, 2] });
    const [outer, inner] = frameOf("y ~ 1 + (1 | a / b)", table).Z;
    expect([outer!.group, inner!.group]).toEqual(["a", "a:b"]);
    expect(inner!.levels).toEqual(["u:2", "u:1", "v:2"]);
    expect([...inner!.codes]).toEqual([0, 1, 2, 0]);
    expect(frameOf("y ~ 1 + (1 | b)", table).Z[0]!.levels).toEqual(["2", "1"]);
  });
});

describe("special terms", () => {
  it("give visits in their order and groups in that of the data", () => {
    const table = tableOf({
      y: [1, 2, 3, 4, 5],
      visit: factor(["m3", "m1", "m3", "m1", "m12"], ["m1", "m3", "m6", "m12"]),
      id: ["q", "q", "p", "p", "p"],
      sex: ["m", "m", "f", "f", "f"],
    });
    const { special } = frameOf("y ~ 1 + us(visit | id) + strata(sex, id)", table, {
      specials: ["covariance", "strata"],
    });
    expect(special[0]!.visit!.levels).toEqual(["m1", "m3", "m12"]);
    expect([...special[0]!.visit!.codes]).toEqual([1, 0, 1, 0, 2]);
    expect(special[0]!.group.levels).toEqual(["q", "p"]);
    expect(special[1]).toMatchObject({ visit: null, group: { levels: ["m:q", "f:p"] } });
  });

  it("order numeric visits as numbers", () => {
    const table = tableOf({ y: [1, 2, 3], month: [12, 3, 1], id: ["a", "a", "b"] });
    const { special } = frameOf("y ~ 1 + cs(month | id)", table, { specials: ["covariance"] });
    expect(special[0]!.visit!.levels).toEqual(["1", "3", "12"]);
  });
});

describe("offsets", () => {
  it("add up", () => {
    const frame = frameOf("y ~ 1 + offset(a) + offset(log(b))", tableOf({ y: [1, 2], a: [10, 20], b: [1, Math.E] }));
    expect([...frame.offset!]).toEqual([10, 21]);
  });
});

describe("problems of the columns", () => {
  const table = tableOf({
    bdi: [1, 2, 3],
    treatment: ["TAU", "FIT", "TAU"],
    id: factor(["a", "b", "c"], ["a", "b", "c"], "id"),
    empty: [null, null, null],
    late: [null, 2, null],
  });

  it("are all told at once, with the place", () => {
    const problems = problemsOf("bdi ~ treatmant + log(treatment) + empty + age + (1 | idd)", table, {
      path: 'analysis "primary"',
    });
    expect(problems.map(({ code, path }) => [code, path])).toEqual([
      ["formula.unknown-column", 'analysis "primary"'],
      ["frame.all-missing", 'analysis "primary"'],
      ["formula.unknown-column", 'analysis "primary"'],
      ["formula.unknown-column", 'analysis "primary"'],
      ["frame.not-numeric", 'analysis "primary"'],
    ]);
    expect(problems[0]!.message).toContain('Unknown column "treatmant" in the formula; data.csv does not have it.');
    expect(problems[0]!.message).toContain('Did you mean "treatment"?');
    expect(problems[3]!.message).toContain('Did you mean "id"?');
    expect(problems[4]!.message).toContain("log(treatment) needs numbers");
  });

  it("know a column that is missing wherever the condition keeps rows", () => {
    const [problem] = problemsOf("bdi ~ late", table, where("month > 0", [1, 0, 1]));
    expect(problem).toMatchObject({ code: "frame.all-missing" });
    expect(problem!.message).toContain('"late" is missing in every row that "month > 0" keeps');
  });

  it("refuse an outcome that is no number, and say what to do", () => {
    const [problem] = problemsOf("treatment ~ bdi", table);
    expect(problem).toMatchObject({ code: "frame.factor-outcome" });
    expect(problem!.message).toContain("Declare it type: number or binary (0/1)");
    expect(codesOf("log(id) ~ bdi", table)).toEqual(["frame.factor-outcome"]);
    expect(codesOf("Surv(bdi, late) ~ 1", table)).toEqual(["frame.survival-outcome"]);
  });

  it("refuse factors in arithmetic, splines, offsets and random slopes of functions", () => {
    expect(codesOf("bdi ~ I(id + 1) + ns(treatment, 2) + offset(id) + (log(id) | treatment)", table)).toEqual([
      "frame.not-numeric",
      "frame.not-numeric",
      "frame.not-numeric",
      "frame.not-numeric",
    ]);
  });

  it("refuse special terms that the model does not take, and a fixed part without columns", () => {
    expect(codesOf("bdi ~ 1 + cluster(id)", table)).toEqual(["formula.special-not-taken"]);
    expect(codesOf("bdi ~ 0 + (1 | id)", table)).toEqual(["frame.no-fixed-terms"]);
  });

  it("take names of Object's own as names", () => {
    expect(codesOf("bdi ~ constructor + toString", table)).toEqual([
      "formula.unknown-column",
      "formula.unknown-column",
    ]);
  });
});

describe("problems of the rows used", () => {
  const table = tableOf(
    {
      y: [1, 2, 3, 4],
      same: [7, 7, 7, 7],
      x: [0, 1, -1, -2],
      late: [null, null, 3, 4],
      early: [1, 2, null, null],
      arm: ["TAU", "FIT", "TAU", "TAU"],
      one: ["<script>", "<script>", "<script>", "<script>"],
      g: ["a", "a", "b", "b"],
      id: ["p", "q", "r", "s"],
    },
    Int32Array.of(2, 3, 5, 6),
  );

  it("say why no row is left", () => {
    const [problem] = problemsOf("y ~ late + early", table);
    expect(problem).toMatchObject({ code: "frame.no-rows" });
    expect(problem!.message).toContain(
      'None of the 4 rows can be used: 2 because "late" is missing, 2 because "early" is missing.',
    );
    const [none] = problemsOf("y ~ x", table, where("x > 9", [0, 0, 2, 0]));
    expect(none!.message).toContain('3 because "x > 9" is not true, 1 because "x > 9" is missing');
    expect(problemsOf("y ~ 1", tableOf({ y: numbers([]) }))[0]!.message).toBe("data.csv has no rows.");
  });

  it("refuse an outcome without variation", () => {
    expect(problemsOf("same ~ x", table)[0]!.message).toContain('The outcome "same" is 7 in all 4 rows used');
    expect(codesOf("y ~ 1", table, where("x == 0", [1, 0, 0, 0]))).toEqual(["frame.constant-outcome"]);
  });

  it("refuse a factor with one level left", () => {
    const [problem, ...others] = problemsOf("y ~ arm", table, where("x < 1", [1, 0, 1, 1]));
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ code: "frame.one-level" });
    expect(problem!.message).toContain('"arm" has one level left in the rows used, "TAU"');
    expect(codesOf("y ~ 0 + one", table)).toEqual(["frame.one-level"]);
    expect(codesOf("y ~ factor(same)", table)).toEqual(["frame.one-level"]);
    expect(codesOf("y ~ x + (one | g)", table)).toEqual(["frame.one-level"]);
  });

  it("name the expression, the first line and the count of values that are not finite", () => {
    expect(problemsOf("y ~ log(x)", table)[0]!.message).toBe(
      "log(x) is not a finite number in 3 rows, first in line 2 of data.csv, where x = 0. Leave such rows out with where, or change the expression.",
    );
    expect(problemsOf("y ~ sqrt(x)", table)[0]!.message).toContain(
      "in 2 rows, first in line 5 of data.csv, where x = -1",
    );
    expect(problemsOf("y ~ I(y / x)", table)[0]!.message).toContain(
      "in 1 row, first in line 2 of data.csv, where y = 1, x = 0",
    );
    expect(codesOf("log(x) ~ y + offset(log10(x)) + ns(sqrt(x), 2)", table)).toEqual([
      "frame.not-finite",
      "frame.not-finite",
      "frame.not-finite",
    ]);
    expect(codesOf("y ~ log(x) + (log(x) | g)", table, { residual: false })).toEqual(["frame.not-finite"]);
  });

  it("allow them in rows that are not used", () => {
    expect(codesOf("y ~ log(x)", table, where("x > 0", [0, 1, 0, 0]))).toEqual(["frame.constant-outcome"]);
    expect(codesOf("y ~ log(early)", table)).toEqual([]);
  });

  it("refuse groups that cannot be told apart or from the residual", () => {
    expect(problemsOf("y ~ x + (1 | one)", table)[0]).toMatchObject({
      code: "frame.one-cluster",
      message: expect.stringContaining('"one" has one level in the rows used, "<script>"'),
    });
    expect(problemsOf("y ~ x + (1 | id)", table)[0]).toMatchObject({
      code: "frame.level-per-row",
      message: expect.stringContaining('"id" has a level of its own for each of the 4 rows used'),
    });
    expect(problemsOf("y ~ x + (x | g)", table)[0]).toMatchObject({
      code: "frame.too-many-effects",
      message: expect.stringContaining("2 effects for each of 2 levels, 4 in all, for 4 rows"),
    });
    expect(codesOf("y ~ x + (0 + x | id)", table)).toEqual([]);
  });

  it("allow a level for each row where there is no residual", () => {
    expect(codesOf("y ~ x + (1 | id)", table, { residual: false })).toEqual([]);
    expect(codesOf("y ~ x + (x | g)", table, { residual: false })).toEqual([]);
    expect(codesOf("y ~ x + (x | id)", table, { residual: false })).toEqual(["frame.too-many-effects"]);
  });

  it("refuse a spline with a knot on the boundary", () => {
    const few = tableOf({ y: [1, 2, 3, 4, 5], month: [0, 0, 0, 0, 1] });
    expect(codesOf("y ~ ns(month, 3)", few)).toEqual(["frame.spline-knots"]);
  });

  it("are all told at once", () => {
    expect(codesOf("same ~ log(x) + one + ns(same, 2) + (1 | id) + (1 | one)", table)).toEqual([
      "frame.constant-outcome",
      "frame.one-level",
      "frame.spline-knots",
      "frame.level-per-row",
      "frame.one-cluster",
      "frame.not-finite",
    ]);
  });
});
