/** stepped-wedge in a plan: permutation, within periods, transition and exposure at the visit, from plan and data to results. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { modelFrame } from "../../src/formula/model-frame.js";
import { parseFormula } from "../../src/formula/parse-formula.js";
import { fitLinear } from "../../src/linear/linear.js";
import { fitDecayMixed } from "../../src/mixed/decay-mixed.js";
import { fitLinearMixed } from "../../src/mixed/linear-mixed.js";
import { nullModel } from "../../src/stepped-wedge/null-score.js";
import { decayingTerm, type WedgeModel } from "../../src/stepped-wedge/wedge-model.js";
import { smallTrial } from "../cli/command.js";
import { closedForm, expectClose, optimised } from "../numeric/tolerance.js";
import { idColumn, numberColumn } from "../stepped-wedge/simulated-wedge.js";

const planOf = (keys: string, columns = "") => `plan: fit-rct/1
title: A wedge
data: { file: data.csv, missing: [""] }
columns:
  unit: { type: id }
  period: { type: number }
  fit: { type: binary }
  y: { type: number }${columns}
analyses:
  - { id: a, model: stepped-wedge, outcome: y, cluster: unit, period: period, ${keys} }
`;

async function analyse(plan: string, data: string) {
  const trial = smallTrial(plan, data);
  const { status, err } = await trial.run("plan.yaml", "--out", "out", "--results-only");
  if (status === 1) return { status, err, estimate: () => undefined, analysis: null };
  const [analysis] = JSON.parse(readFileSync(trial.file("out/results.json"), "utf8")).analyses;
  const estimate = (name: string) => analysis.estimates.find((one: { name: string }) => one.name === name);
  return { status, err, estimate, analysis };
}

/**
 * By hand: see permutation.test.ts, where the same four numbers are worked through. A and B switch in period 2, C and D in
 * period 3, so only period 2 compares; its cell means are 10, 8, 3 and 5, each of two rows one up and one down.
 */
const handMeans = { A: [4, 10, 12], B: [5, 8, 9], C: [3, 3, 8], D: [6, 5, 11] };
const handData = `unit,period,fit,y\n${Object.entries(handMeans)
  .flatMap(([unit, means]) =>
    means.flatMap((mean, t) =>
      [-1, 1].map((by) => `${unit},${t + 1},${t >= (unit < "C" ? 1 : 2) ? 1 : 0},${mean + by}`),
    ),
  )
  .join("\n")}\n`;

describe("permutation in a plan", () => {
  it("four units, counted by hand: p = 2/6, and 60 % interval [3, 7]", async () => {
    const keys = "treated: fit, level: 0.6, vertical: sizes, permutation: { statistic: vertical }";
    const { estimate } = await analyse(planOf(keys), handData);
    const permuted = estimate("permutation:effect:vertical");
    expectClose(permuted.estimate, 5, closedForm, "estimate");
    expectClose(estimate("effect:vertical").estimate, 5, closedForm, "vertical");
    expectClose([permuted.p, permuted.lower, permuted.upper], [1 / 3, 3, 7], closedForm, "permutation");
    expect(permuted.permutation).toEqual({ assignments: 6, exact: true, error: null });
  });

  it("units that `where` leaves out altogether are not in the design, nor assigned", async () => {
    const others = ["E", "F", "G"].flatMap((unit) => [0, 1].map((fit) => `${unit},0,${fit},${3 + fit}`)).join("\n");
    const keys = "treated: fit, level: 0.6, where: 'period > 0', permutation: { statistic: vertical }";
    const { estimate, analysis } = await analyse(planOf(keys), `${handData}${others}\n`);
    expect(estimate("permutation:effect:vertical")).toMatchObject({
      p: 1 / 3,
      permutation: { assignments: 6, exact: true },
    });
    expect(analysis.problems.map(({ code }: { code: string }) => code)).not.toContain("wedge.sequence-balance");
  });

  it("a set too small for the level has p and no interval, and says so", async () => {
    const { estimate, analysis } = await analyse(
      planOf("treated: fit, permutation: { statistic: vertical }"),
      handData,
    );
    expect(estimate("permutation:effect:vertical")).toMatchObject({ lower: null, upper: null });
    expect(analysis.problems.map(({ code }: { code: string }) => code)).toContain("wedge.small-permutation-set");
  });

  it("strata keep units among their own: A with C, B with D gives four assignments", async () => {
    const withStratum = handData
      .split("\n")
      .map((line, i) => (line === "" ? line : `${line},${i === 0 ? "town" : "AC".includes(line[0]!) ? "x" : "z"}`))
      .join("\n");
    const plan = planOf("treated: fit, permutation: { statistic: vertical, stratify: town }", "\n  town: { type: id }");
    // AB 5, AD 2, CB −2, CD −5: two of four.
    const { estimate } = await analyse(plan, withStratum);
    expect(estimate("permutation:effect:vertical")).toMatchObject({
      p: 0.5,
      permutation: { assignments: 4, exact: true },
    });
  });

  /** Four units, four sequences: 24 assignments, each fitted by the general fitter of the rows. */
  it("with the model, is the share of 24 fits of the rows", async () => {
    const y = (unit: number, t: number, k: number) =>
      12 +
      3 * Math.sin(unit * 2.1) +
      t +
      (t > unit ? 2.5 : 0) +
      2 * Math.sin(unit * 7.7 + t * 3.3) +
      3 * Math.cos(k * 5.1 + t + unit * 1.7);
    const rows = [0, 1, 2, 3].flatMap((unit) =>
      [0, 1, 2, 3, 4].flatMap((t) =>
        Array.from({ length: 3 + ((unit + t) % 3) }, (_, k) => ({ unit, t, y: y(unit, t, k) })),
      ),
    );
    const effectOf = (switches: readonly number[]): number => {
      const columns = new Map([
        ["y", numberColumn(rows.map((row) => row.y))],
        ["fit", numberColumn(rows.map(({ unit, t }) => (t > switches[unit]! ? 1 : 0)))],
        ["unit", idColumn(rows.map(({ unit }) => `u${unit}`))],
        ["period", idColumn(rows.map(({ t }) => `p${t}`))],
      ]);
      const table = { name: "rows", rows: rows.length, lines: null, columns };
      const frame = modelFrame({
        formula: parseFormula("y ~ period + fit + (1 | unit / period)", { path: "" }),
        table,
        path: "",
      });
      const fit = fitLinearMixed(frame, { method: "REML", df: "normal", path: "" });
      return fit.coef[fit.names.indexOf("fit")]!;
    };
    const orders = [0, 1, 2, 3]
      .flatMap((a) => [0, 1, 2, 3].flatMap((b) => [0, 1, 2, 3].flatMap((c) => [0, 1, 2, 3].map((d) => [a, b, c, d]))))
      .filter((order) => new Set(order).size === 4);
    const effects = orders.map(effectOf);
    const observed = effectOf([0, 1, 2, 3]);
    const p = effects.filter((effect) => Math.abs(effect) >= Math.abs(observed) - 1e-6).length / 24;

    const data = `unit,period,fit,y\n${rows.map((row) => `u${row.unit},${row.t},${row.t > row.unit ? 1 : 0},${row.y}`).join("\n")}\n`;
    const { estimate } = await analyse(planOf("treated: fit, permutation: {}"), data);
    const permuted = estimate("permutation:effect:immediate");
    expectClose(permuted.estimate, observed, optimised.estimate, "estimate");
    expectClose(
      permuted.estimate,
      estimate("effect:immediate").estimate,
      optimised.estimate,
      "the analysis's own effect",
    );
    expectClose(permuted.p, p, closedForm, "p");
    expect(permuted.permutation.assignments).toBe(24);
  });

  /**
   * Five units in two strata, switches in periods 1, 2, 3 and 2, 4: 12 assignments. `age` differs within cells, `town` does
   * not, and clients come back: the model has more than the cells show.
   */
  interface Model {
    readonly random: string;
    readonly fixed: string;
    readonly decay?: boolean;
    readonly transition?: number;
  }
  describe("with covariates and clients, is the model of the rows fitted again", () => {
    const observed = [1, 2, 3, 2, 4];
    const rows = [0, 1, 2, 3, 4].flatMap((unit) =>
      [0, 1, 2, 3, 4, 5].flatMap((t) =>
        Array.from({ length: 3 + (((unit + 1) * (t + 1)) % 4) }, (_, k) => {
          const age = 40 + 9 * Math.sin(unit * 3.1 + t * 5.3 + k * 1.9);
          const town = ((unit * 2 + t * 3) % 5) / 2;
          const y =
            10 +
            2 * Math.sin(unit * 2.3) +
            0.4 * t +
            0.08 * age +
            0.5 * town +
            (t >= observed[unit]! ? 0.6 : 0) +
            1.5 * Math.sin(unit * 7.7 + t * 3.3) +
            1.2 * Math.cos(unit * 4.1 + k * 2.7) +
            2 * Math.cos(k * 5.1 + t * 1.3 + unit * 1.7);
          return { unit, t, age, town, client: `${unit}-${k}`, y };
        }),
      ),
    );
    const treatment = (switches: readonly number[]) => rows.map(({ unit, t }) => (t >= switches[unit]! ? 1 : 0));
    const effectOf = (
      { random, fixed, decay = false, transition = 0 }: Model,
      switches: readonly number[],
      shift: number,
    ): number => {
      const received = treatment(observed);
      const treated = treatment(switches);
      const used = [...rows.entries()]
        .map(([i, row]) => ({ ...row, y: row.y - shift * received[i]!, fit: treated[i]! }))
        .filter(({ unit, t }) => t < switches[unit]! || t >= switches[unit]! + transition);
      const columns = new Map([
        ["y", numberColumn(used.map(({ y }) => y))],
        ["fit", numberColumn(used.map(({ fit }) => fit))],
        ["age", numberColumn(used.map(({ age }) => age))],
        ["town", numberColumn(used.map(({ town }) => town))],
        ["t", numberColumn(used.map(({ t }) => t))],
        ["unit", idColumn(used.map(({ unit }) => `u${unit}`))],
        ["client", idColumn(used.map(({ client }) => client))],
        ["period", idColumn(used.map(({ t }) => `p${t}`))],
      ]);
      const table = { name: "rows", rows: used.length, lines: null, columns };
      const frame = modelFrame({
        formula: parseFormula(`y ~ ${fixed} + fit${random}`, { path: "" }),
        table,
        path: "",
      });
      if (decay) {
        const term = decayingTerm(table, { cluster: "unit", period: "t" } as WedgeModel, frame.rows);
        const fit = fitDecayMixed(frame, term, { df: "normal", path: "" });
        return fit.coef[fit.names.indexOf("fit")]!;
      }
      const fit = random === "" ? fitLinear(frame, { path: "" }) : fitLinearMixed(frame, { df: "normal", path: "" });
      return fit.coef[fit.names.indexOf("fit")]!;
    };
    const first = [1, 2, 3].flatMap((a) => [1, 2, 3].flatMap((b) => [1, 2, 3].map((c) => [a, b, c])));
    const assignments = first
      .filter((order) => new Set(order).size === 3)
      .flatMap((order) => [
        [...order, 2, 4],
        [...order, 4, 2],
      ]);
    const data = `unit,period,fit,age,town,client,shared,stratum,y\n${rows
      .map(({ unit, t, age, town, client, y }) =>
        [
          `u${unit}`,
          t,
          t >= observed[unit]! ? 1 : 0,
          age,
          town,
          client,
          `s${client.split("-")[1]}`,
          unit < 3 ? "a" : "b",
          y,
        ].join(","),
      )
      .join("\n")}\n`;
    const columns = `
  age: { type: number }
  town: { type: number }
  client: { type: id }
  shared: { type: id }
  stratum: { type: factor, levels: [a, b] }`;

    it.each<[string, Model]>([
      ["covariates: [age, town]", { random: " + (1 | unit / period)", fixed: "period + age + town" }],
      [
        "participant: client, period-effects: linear, correlation: exchangeable",
        { random: " + (1 | unit) + (1 | client)", fixed: "t" },
      ],
      [
        "cluster-effects: fixed, correlation: exchangeable, covariates: [age]",
        { random: "", fixed: "period + age + unit" },
      ],
      [
        "random-treatment: true, correlation: exchangeable",
        { random: " + (1 | unit) + (0 + fit | unit)", fixed: "period" },
      ],
      ["correlation: decay", { random: "", fixed: "period", decay: true }],
      [
        "transition: 1, covariates: [age], period-effects: linear",
        { random: " + (1 | unit / period)", fixed: "t + age", transition: 1 },
      ],
      [
        "transition: 1, participant: client, correlation: exchangeable",
        { random: " + (1 | unit) + (1 | client)", fixed: "period", transition: 1 },
      ],
    ])("%s", async (keys, model) => {
      const plan = planOf(`treated: fit, level: 0.75, ${keys}, permutation: { stratify: stratum }`, columns);
      const { estimate, analysis } = await analyse(plan, data);
      const permuted = estimate("permutation:effect:immediate");
      const own = effectOf(model, observed, 0);
      expectClose(permuted.estimate, own, optimised.estimate, "estimate");
      expectClose(permuted.estimate, estimate("effect:immediate").estimate, optimised.estimate, "the analysis's own");
      const extreme = (shift: number): number =>
        assignments.filter((order) => Math.abs(effectOf(model, order, shift)) >= Math.abs(own - shift) - 1e-6).length /
        12;
      expectClose(permuted.p, extreme(0), closedForm, "p");
      expect(permuted.permutation).toEqual({ assignments: 12, exact: true, error: null });
      // The limits are where 3 of the 12 are left: effects within have more, those beyond no more.
      const step = 1e-3 * (permuted.upper - permuted.lower);
      for (const [limit, out] of [
        [permuted.lower, -step],
        [permuted.upper, step],
      ]) {
        expect(extreme(limit - out)).toBeGreaterThan(0.25);
        expect(extreme(limit + out)).toBeLessThanOrEqual(0.25);
      }
      expect(analysis.problems.map(({ code }: { code: string }) => code)).not.toContain("wedge.permutation-model");
    });

    it.each([
      ["effect: exposure-time", 'one effect from the switch on, not "effect: exposure-time"'],
      ["correlation: decay, time: period", "not one that decays"],
      [
        "transition: 1, participant: shared, correlation: exchangeable",
        "random effects are shared by units and a transition leaves out other rows under each assignment",
      ],
    ])("says where the model compared is another: %s", async (keys, message) => {
      const plan = planOf(`treated: fit, level: 0.75, ${keys}, permutation: { interval: false }`, columns);
      const { analysis } = await analyse(plan, data);
      const note = analysis.problems.find(({ code }: { code: string }) => code === "wedge.permutation-model");
      expect(note.message).toContain(message);
    });

    it("says that clients treated against their unit count as the unit does", async () => {
      const against = data.replace("u4,0,0,", "u4,0,1,");
      const { analysis } = await analyse(planOf("treated: fit, permutation: { interval: false }", columns), against);
      const note = analysis.problems.find(({ code }: { code: string }) => code === "wedge.permutation-model");
      expect(note.message).toContain("the unit's treatment for every client (1 row has the other)");
    });
  });

  /** Five units in two strata, 12 assignments; the model's own machinery is checked in stepped-wedge/null-score.test.ts. */
  describe("binomial and Poisson: scores at the model without treatment", () => {
    const observed = [1, 2, 3, 2, 4];
    const rowsOf = (family: "binomial" | "poisson") =>
      [0, 1, 2, 3, 4].flatMap((unit) =>
        [0, 1, 2, 3, 4, 5].flatMap((t) =>
          Array.from({ length: 6 + (((unit + 1) * (t + 1)) % 4) }, (_, k) => {
            const eta = 0.8 * Math.sin(unit * 2.3) + 0.1 * t + (t >= observed[unit]! ? 0.9 : 0);
            const u = ((unit * 37 + t * 61 + k * 29) % 97) / 97;
            const y =
              family === "binomial" ? (u < 1 / (1 + Math.exp(0.8 - eta)) ? 1 : 0) : Math.floor(2 * Math.exp(eta) * u);
            return { unit, t, y, age: 40 + ((unit * 5 + t * 3 + k * 11) % 17) };
          }),
        ),
      );
    const first = [
      [1, 2, 3],
      [1, 3, 2],
      [2, 1, 3],
      [2, 3, 1],
      [3, 1, 2],
      [3, 2, 1],
    ];
    const assignments = first.flatMap((order) => [
      [...order, 2, 4],
      [...order, 4, 2],
    ]);

    it.each([
      ["binomial", "log-odds-ratio", "covariates: [age]", 0],
      ["poisson", "log-rate-ratio", "covariates: [age], correlation: exchangeable", 0],
      ["binomial", "log-odds-ratio", "random-treatment: true, covariates: [age], transition: 1", 1],
    ] as const)("%s: %s, %s", async (family, measure, keys, transition) => {
      const rows = rowsOf(family);
      const data = `unit,period,fit,age,stratum,y\n${rows
        .map(({ unit, t, age, y }) =>
          [`u${unit}`, t, t >= observed[unit]! ? 1 : 0, age, unit < 3 ? "a" : "b", y].join(","),
        )
        .join("\n")}\n`;
      const columns = "\n  age: { type: number }\n  stratum: { type: factor, levels: [a, b] }";
      const asked = `treated: fit, family: ${family}, level: 0.75, ${keys}, permutation: { stratify: stratum }`;
      const { estimate, analysis } = await analyse(planOf(asked, columns), data);
      const permuted = estimate("permutation:effect:immediate");
      const own = estimate("effect:immediate");
      expect(permuted).toMatchObject({ measure, unit: null, se: null });
      expect(Math.abs(permuted.estimate - own.estimate)).toBeLessThan(0.5 * own.se);
      expect(permuted.lower).toBeLessThan(permuted.estimate);
      expect(permuted.upper).toBeGreaterThan(permuted.estimate);

      const table = {
        name: "rows",
        rows: rows.length,
        lines: null,
        columns: new Map([
          ["y", numberColumn(rows.map(({ y }) => y))],
          ["age", numberColumn(rows.map(({ age }) => age))],
          ["unit", idColumn(rows.map(({ unit }) => `u${unit}`))],
          ["period", idColumn(rows.map(({ t }) => `p${t}`))],
        ]),
      };
      const random = keys.includes("exchangeable") ? "(1 | unit)" : "(1 | unit / period)";
      const at = nullModel({
        frame: modelFrame({ formula: parseFormula(`y ~ period + age + ${random}`, { path: "" }), table, path: "" }),
        family,
        unit: Int32Array.from(rows, ({ unit }) => unit),
        units: 5,
        received: Float64Array.from(rows, ({ unit, t }) => (t >= observed[unit]! ? 1 : 0)),
        treatment: (switched) =>
          Float64Array.from(rows, ({ t }) => (t < switched ? 0 : t < switched + transition ? Number.NaN : 1)),
      });
      const p = (shift: number): number => {
        const { score } = at(shift)!;
        const size = Math.abs(score(Int32Array.from(observed))) * (1 - 1e-9);
        return assignments.filter((order) => Math.abs(score(Int32Array.from(order))) >= size).length / 12;
      };
      expectClose(permuted.p, p(0), closedForm, "p");
      expect(permuted.permutation).toEqual({ assignments: 12, exact: true, error: null });
      expect(p(permuted.estimate)).toBe(1);
      const step = 1e-3 * (permuted.upper - permuted.lower);
      for (const [limit, out] of [
        [permuted.lower, -step],
        [permuted.upper, step],
      ]) {
        expect(p(limit - out)).toBeGreaterThan(0.25);
        expect(p(limit + out)).toBeLessThanOrEqual(0.25);
      }
      const codes = analysis.problems.map(({ code }: { code: string }) => code);
      expect(codes).toContain("wedge.permutation-score");
      expect(codes).not.toContain("wedge.permutation-model");
    });

    it("a period without events has no model without treatment, and says so", async () => {
      const data = `unit,period,fit,y\n${rowsOf("binomial")
        .map(({ unit, t, y }) => [`u${unit}`, t, t >= observed[unit]! ? 1 : 0, t === 2 ? 0 : y].join(","))
        .join("\n")}\n`;
      const { estimate, analysis } = await analyse(planOf("treated: fit, family: binomial, permutation: {}"), data);
      expect(estimate("permutation:effect:immediate")).toBeUndefined();
      expect(analysis.status).toBe("not-estimated");
    });
  });

  it.each([
    [
      "treated: fit, family: poisson, permutation: { statistic: vertical }",
      'Permutation inference cannot be had with "family: poisson" and "statistic: vertical"',
    ],
    [
      "treated: fit, family: poisson, participant: period, permutation: {}",
      "Clients (or other random effects) are in several units",
    ],
    ["treated: fit, family: binomial, vertical: sizes", '"vertical" is for "family: gaussian"'],
    ["treated: fit, permutation: { stratify: twon }", "twon"],
    ["effect: immediate", 'Nothing says who is treated. Name a 0/1 column as "treated"'],
    [
      "treated: fit, exposure: { rule: at-visit, enrolled: period, visited: period, switch: period }",
      '"treated" names who is treated, and "exposure" works it out. Remove one of them.',
    ],
    [
      "exposure: { rule: at-visit, enrolled: period, visited: period, switch: period }, permutation: { statistic: vertical }",
      'Permutation inference cannot be had with "exposure" and "statistic: vertical"',
    ],
    [
      "exposure: { rule: at-visit, enrolled: unit, visited: period, switch: period }",
      "as dates, or all three as numbers",
    ],
  ])("refused: %s", async (keys, message) => {
    const { status, err } = await analyse(planOf(keys), handData);
    expect(status).toBe(1);
    expect(err).toContain(message);
  });

  it("a unit that goes back is refused with its periods; strata that a unit changes, too", async () => {
    const back = handData.replace(/A,3,1,/g, "A,3,0,");
    expect((await analyse(planOf("treated: fit"), back)).err).toContain(
      'Unit "A" switched in period "2" and is a control again in period "3"',
    );
    const plan = planOf("treated: fit, permutation: { stratify: period }");
    expect((await analyse(plan, handData)).err).toContain('Unit "A" is in several strata of "period"');
  });
});

describe("transition and exposure in a plan", () => {
  it("leaves the transition out, and says how many rows", async () => {
    const wide = `unit,period,fit,y\n${Array.from({ length: 40 }, (_, i) => {
      const [unit, t] = [Math.floor(i / 10), Math.floor(i / 2) % 5];
      return `u${unit},${t},${t > unit ? 1 : 0},${10 + t + ((i * 7) % 11)}`;
    }).join("\n")}\n`;
    const { analysis } = await analyse(planOf("treated: fit, transition: 1, correlation: exchangeable"), wide);
    expect(analysis.n.excludedBy).toEqual([{ reason: "transition", detail: "", rows: 8 }]);
    expect(analysis.n.observations).toBe(32);
  });

  const dated = (rule: string) =>
    planOf(
      `exposure: { rule: ${rule}, enrolled: start, visited: visit, switch: from }, correlation: exchangeable`,
      "\n  start: { type: date }\n  visit: { type: date }\n  from: { type: date }",
    ).replace("  fit: { type: binary }\n", "");
  /** Units switch in 2025-04, 2025-07 and never; enrolled monthly from 2025-01, visited at once and after 60 days. */
  const visits = ["A", "B", "C"].flatMap((unit, u) =>
    Array.from({ length: 9 }, (_, month) =>
      [0, 2].map((later) => {
        const date = (m: number) => `2025-${String(m + 1).padStart(2, "0")}-15`;
        const y = 10 + u + month / 2 + ((u * 5 + month * 7 + later * 3) % 11) / 3;
        return `${unit},${Math.floor((month + later) / 3)},${date(month)},${date(month + later)},${["2025-04-01", "2025-07-01", ""][u]},${y}`;
      }),
    ).flat(),
  );
  const visitData = `unit,period,start,visit,from,y\n${visits.join("\n")}\n`;

  it.each([
    // Enrolled in 2 and 3 (A), 5 and 6 (B) with the second visit after the switch: 4 moved.
    ["enrolment", 54, 0],
    ["at-visit", 54, 0],
    ["censored", 50, 4],
  ])("%s", async (rule, used, leftOut) => {
    const { analysis, err } = await analyse(dated(rule), visitData);
    expect(err).not.toContain("error");
    expect(analysis.n.observations).toBe(used);
    expect(analysis.n.excludedBy.map(({ reason, rows }: { reason: string; rows: number }) => [reason, rows])).toEqual(
      leftOut === 0 ? [] : [["censored", leftOut]],
    );
    const [moved] = analysis.problems.filter(({ code }: { code: string }) => code === "wedge.exposure-moved");
    expect(moved.message).toContain(
      "4 of 54 visits are of clients enrolled before the switch of their unit and made after it",
    );
  });

  it("within periods, the visits that the rule leaves out are left out", async () => {
    const made = await analyse(dated("censored").replace("exposure:", "vertical: sizes, exposure:"), visitData);
    const kept = visits.filter((line) => {
      const [, , start, visit, from] = line.split(",") as [string, string, string, string, string];
      return from === "" || start >= from || visit < from;
    });
    const byHand = `unit,period,fit,y\n${kept
      .map((line) => {
        const [unit, period, start, , from, y] = line.split(",") as [string, string, string, string, string, string];
        return `${unit},${period},${from !== "" && start >= from ? 1 : 0},${y}`;
      })
      .join("\n")}\n`;
    const plain = await analyse(planOf("treated: fit, correlation: exchangeable, vertical: sizes"), byHand);
    expect(plain.estimate("effect:vertical").estimate).not.toBeNull();
    expectClose(
      made.estimate("effect:vertical").estimate,
      plain.estimate("effect:vertical").estimate,
      closedForm,
      "effect:vertical",
    );
  });

  /** Three switches to three units: 6 assignments, the date of each row's unit changed in each. */
  it.each(["enrolment", "at-visit", "censored"])("permutation with %s is the share of six fits", async (rule) => {
    const rows = visits.map((line) => {
      const [unit, period, start, visit, , y] = line.split(",") as [string, string, string, string, string, string];
      return { unit, period, start, visit, y: Number(y) };
    });
    const dates = ["2025-04-01", "2025-07-01", "9999"];
    const treated = (start: string, visit: string, from: string): number | null => {
      if (rule === "at-visit") return visit >= from ? 1 : 0;
      if (rule === "censored" && start < from && visit >= from) return null;
      return start >= from ? 1 : 0;
    };
    const effectOf = (order: readonly number[], shift: number): number => {
      const used = rows.flatMap((row) => {
        const u = "ABC".indexOf(row.unit);
        // A visit that is left out since the unit had switched holds the effect.
        const received = treated(row.start, row.visit, dates[u]!) ?? 1;
        const fit = treated(row.start, row.visit, dates[order[u]!]!);
        return fit === null ? [] : [{ ...row, fit, y: row.y - shift * received }];
      });
      const columns = new Map([
        ["y", numberColumn(used.map(({ y }) => y))],
        ["fit", numberColumn(used.map(({ fit }) => fit))],
        ["unit", idColumn(used.map(({ unit }) => unit))],
        ["period", idColumn(used.map(({ period }) => period))],
      ]);
      const frame = modelFrame({
        formula: parseFormula("y ~ period + fit + (1 | unit)", { path: "" }),
        table: { name: "rows", rows: used.length, lines: null, columns },
        path: "",
      });
      const fit = fitLinearMixed(frame, { df: "normal", path: "" });
      return fit.coef[fit.names.indexOf("fit")]!;
    };
    const plan = dated(rule).replace("exposure:", "level: 0.6, permutation: {}, exposure:");
    const { estimate, analysis } = await analyse(plan, visitData);
    const permuted = estimate("permutation:effect:immediate");
    const own = effectOf([0, 1, 2], 0);
    expectClose(permuted.estimate, own, optimised.estimate, "estimate");
    expectClose(permuted.estimate, estimate("effect:immediate").estimate, optimised.estimate, "the analysis's own");
    const orders = [0, 1, 2].flatMap((a) => [0, 1, 2].filter((b) => b !== a).map((b) => [a, b, 3 - a - b]));
    const extreme = (shift: number): number =>
      orders.filter((order) => Math.abs(effectOf(order, shift)) >= Math.abs(own - shift) - 1e-6).length / 6;
    expectClose(permuted.p, extreme(0), closedForm, "p");
    expect(permuted.permutation).toEqual({ assignments: 6, exact: true, error: null });
    const step = 1e-3 * (permuted.upper - permuted.lower);
    for (const [limit, out] of [
      [permuted.lower, -step],
      [permuted.upper, step],
    ]) {
      expect(extreme(limit - out)).toBeGreaterThan(0.4);
      expect(extreme(limit + out)).toBeLessThanOrEqual(0.4);
    }
    expect(analysis.problems.map(({ code }: { code: string }) => code)).not.toContain("wedge.permutation-model");
  });

  it("at-visit is the model with a treatment column made by hand", async () => {
    const made = await analyse(dated("at-visit"), visitData);
    const byHand = `unit,period,fit,y\n${visits
      .map((line) => {
        const [unit, period, , visit, from, y] = line.split(",") as [string, string, string, string, string, string];
        return `${unit},${period},${from !== "" && visit >= from ? 1 : 0},${y}`;
      })
      .join("\n")}\n`;
    const plain = await analyse(planOf("treated: fit, correlation: exchangeable"), byHand);
    const effect = "effect:immediate";
    expectClose(made.estimate(effect).estimate, plain.estimate(effect).estimate, closedForm, effect);
    expect((await analyse(dated("enrolment"), visitData)).estimate(effect).estimate).not.toBe(
      made.estimate(effect).estimate,
    );
  });
});
