/** `--blind`: arms called X and Y, everything else as it is. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { resultsSchema } from "../../src/analysis/results-schema.js";
import { planText, smallTrial, type Trial } from "./command.js";

const arm = `trial: { arm: { column: arm, control: TAU, intervention: FIT } }
`;
const plan = planText
  .replace("analyses:\n", `${arm}analyses:\n`)
  .replace("  x: {", "  treated: { type: binary, derive: 'arm == \"FIT\"' }\n  x: {")
  .concat("  - { id: derived, model: linear, formula: y ~ treated, where: treated == 1 || x < 4 }\n")
  .concat("  - { id: one-arm, model: linear, formula: y ~ x, where: arm == 'FIT' }\n");
const resultsOf = (trial: Trial, folder: string) =>
  resultsSchema.parse(JSON.parse(readFileSync(trial.file(`${folder}/results.json`), "utf8")));
const analysisOf = ({ analyses }: ReturnType<typeof resultsOf>, id: string) => analyses.find((one) => one.id === id)!;
const estimate = (results: ReturnType<typeof resultsOf>, id: string, name: string): number =>
  analysisOf(results, id).estimates.find((one) => one.name === name)!.estimate!;

const estimateOf = ({ analyses }: ReturnType<typeof resultsOf>, name: string) =>
  analyses[0]!.estimates.find((one) => one.name === name)!;

/** One seed that calls FIT Y, one that calls it X. */
const seeds = [1, 2, 3, 4, 5, 6, 7, 8];

describe("a blind run", () => {
  it("is the run with its arms swapped or not, sign and all, and says so", async () => {
    const trial = smallTrial(plan);
    await trial.run("plan.yaml", "--out", "open", "--results-only");
    const open = resultsOf(trial, "open");
    const effect = estimate(open, "linear", "coefficient:arm[FIT]");
    const signs = new Set<number>();
    for (const seed of seeds) {
      await trial.run("plan.yaml", "--out", `s${seed}`, "--results-only", "--blind", "--seed", String(seed));
      const results = resultsOf(trial, `s${seed}`);
      expect(results).toMatchObject({ blind: true, leftOut: ["one-arm"] });
      expect(JSON.stringify(results)).not.toMatch(/TAU|FIT/);
      const blind = estimate(results, "linear", "coefficient:arm[Y]");
      expect(Math.abs(blind)).toBeCloseTo(Math.abs(effect), 12);
      const sign = Math.sign(blind / effect);
      signs.add(sign);
      // What the plan derives from the arm goes with it.
      const rows = analysisOf(results, "derived").n.observations;
      expect(rows).toBe(36);
      expect(Math.sign(estimate(results, "derived", "coefficient:treated"))).toBe(Math.sign(blind));
    }
    expect([...signs].sort()).toEqual([-1, 1]);
  });

  it("writes a report without the names of the arms, in both languages, and is verified", async () => {
    const trial = smallTrial(plan);
    for (const [language, heading] of [
      ["en", "Blind analysis"],
      ["sv", "Blindad analys"],
    ] as const) {
      await trial.run("plan.yaml", "--out", language, "--blind", "--lang", language);
      const report = readFileSync(trial.file(`${language}/report.html`), "utf8");
      const text = report.replace(/<(script|style)[\s\S]*?<\/\1>/g, "").replace(/<[^>]+>/g, " ");
      expect(text).toContain(heading);
      expect(text).not.toMatch(/\bTAU\b|\bFIT\b/);
      expect(report.match(/class="badge blind"/g)).toHaveLength(3);
      expect((await trial.run("verify", language)).status).toBe(0);
    }
    expect(readFileSync(trial.file("en/results.json"), "utf8")).toBe(
      readFileSync(trial.file("sv/results.json"), "utf8"),
    );
  });

  it("leaves out an analysis of a column that only one arm has", async () => {
    const data = `g,arm,x,y,z\n${Array.from({ length: 24 }, (_, i) => `${i % 6},${i % 2 ? "FIT" : "TAU"},${i % 5},${(i * 7) % 11},${i % 2 ? i : ""}`).join("\n")}\n`;
    const own = plan
      .replace("  x: {", "  z: { type: number }\n  seen: { type: binary, derive: 'isValid(z)' }\n  x: {")
      .concat("  - { id: mine, model: linear, formula: y ~ x + seen }\n");
    const trial = smallTrial(own, data);
    await trial.run("plan.yaml", "--out", "out", "--results-only", "--blind");
    expect(resultsOf(trial, "out").leftOut).toEqual(["one-arm", "mine"]);
  });

  it("leaves out an analysis of a table that one arm alone has rows in, and a population without the other arm", async () => {
    const own = `plan: fit-rct/1
title: Sessions
data:
  tables:
    clients: { file: data.csv, key: client }
    sessions: { file: sessions.csv, join: { clients: client } }
columns:
  client: { type: id }
  arm: { type: factor, levels: [TAU, FIT] }
  y: { type: number }
  month: { type: number }
  srs: { type: number }
  held: { type: number, summarise: { table: sessions, take: count } }
trial: { design: individual, participant: client, visit: { column: month }, arm: { column: arm, control: TAU, intervention: FIT } }
populations: { some: { exclude: [{ where: held < 1, reason: no session }] }, high: { exclude: [{ where: y < 2, reason: low }] } }
analyses:
  - { id: growth, model: linear, formula: srs ~ 1, table: sessions }
  - { id: effect, model: linear, formula: y ~ arm }
  - { id: flow, model: participant-flow, outcome: y, primary: 1 }
`;
    const trial = smallTrial(
      own,
      `client,arm,month,y\n${Array.from({ length: 12 }, (_, i) => `${i},${i % 2 ? "FIT" : "TAU"},1,${(i * 5) % 7}`).join("\n")}\n`,
    );
    // One client of FIT has none.
    trial.write("sessions.csv", `client,srs\n${[1, 3, 5, 7, 9].map((i) => `${i},${30 + i}`).join("\n")}\n`);
    expect((await trial.run("plan.yaml", "--out", "open", "--results-only")).status).toBe(0);
    expect((await trial.run("plan.yaml", "--out", "out", "--results-only", "--blind")).status).toBe(0);
    const populationsIn = (folder: string) =>
      analysisOf(resultsOf(trial, folder), "flow").estimates.filter(({ name }) => name.startsWith("count:population:"));
    expect(resultsOf(trial, "out").leftOut).toEqual(["growth"]);
    expect(populationsIn("open")).toHaveLength(4);
    expect(populationsIn("out").map(({ name }) => name)).toEqual([
      "count:population:high@arm[X]",
      "count:population:high@arm[Y]",
    ]);
  });

  it("has the immediate effect of a stepped wedge, sign and all", async () => {
    const own = `plan: fit-rct/1
title: A wedge
data: { file: data.csv }
columns:
  unit: { type: id }
  period: { type: number }
  arm: { type: factor, levels: [TAU, FIT] }
  fit: { type: binary, derive: 'arm == "FIT"' }
  y: { type: number }
trial: { design: stepped-wedge, clusters: [unit], period: period, arm: { column: arm, control: TAU, intervention: FIT } }
analyses:
  - { id: wedge, model: stepped-wedge, outcome: y, treated: fit, role: primary }
`;
    const rows = Array.from({ length: 120 }, (_, i) => {
      const [unit, period] = [Math.floor(i / 20), Math.floor(i / 4) % 5];
      const isFit = period > unit % 4;
      return `${unit},${period},${isFit ? "FIT" : "TAU"},${period + (isFit ? 2 : 0) + ((unit * 7) % 5) + ((i * 13) % 11) / 3}`;
    });
    const trial = smallTrial(own, `unit,period,arm,y\n${rows.join("\n")}\n`);
    await trial.run("plan.yaml", "--out", "open", "--results-only");
    const open = estimateOf(resultsOf(trial, "open"), "effect:immediate");
    const signs = new Set<number>();
    for (const seed of seeds) {
      const { status } = await trial.run("plan.yaml", "--out", `w${seed}`, "--blind", "--seed", String(seed));
      expect(status).toBe(0);
      const blind = estimateOf(resultsOf(trial, `w${seed}`), "coefficient:arm[Y]");
      expect(Math.abs(blind.estimate!)).toBeCloseTo(Math.abs(open.estimate!), 8);
      expect(blind.se!).toBeCloseTo(open.se!, 8);
      expect(blind.df!).toBeCloseTo(open.df!, 6);
      signs.add(Math.sign(blind.estimate! / open.estimate!));
      const report = readFileSync(trial.file(`w${seed}/report.html`), "utf8");
      const text = report.replace(/<(script|style)[\s\S]*?<\/\1>/g, "");
      expect(/\bTAU\b|\bFIT\b|\btreated\b/.exec(text)?.[0]).toBeUndefined();
    }
    expect([...signs].sort()).toEqual([-1, 1]);
  }, 30_000);

  it("needs arms, and files that call them by the plan's names", async () => {
    const none = smallTrial();
    const refused = await none.run("plan.yaml", "--blind");
    expect(refused.status).toBe(1);
    expect(refused.err).toContain("The plan names no arms");
    const trial = smallTrial(plan);
    trial.write("data.csv", readFileSync(trial.file("data.csv"), "utf8").replace(",TAU,", ",X,"));
    expect((await trial.run("plan.yaml", "--blind")).status).toBe(1);
  });
});
