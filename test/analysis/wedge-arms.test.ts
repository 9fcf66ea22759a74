/** The note on arms of a stepped wedge that are set beside each other as they are: where it stands, and where not. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { smallTrial } from "../cli/command.js";

// Design A: 1–4; B: 5–8. Each arm of each design has two clients.
const csv = `client,unit,period,design,arm,sex,worse,ors_0,ors_12
1,u1,1,A,TAU,k,0,15,30
2,u1,1,A,FIT,m,1,15,12
3,u2,2,A,TAU,m,1,14,10
4,u2,2,A,FIT,k,0,16,28
5,u3,1,B,TAU,k,0,13,20
6,u3,2,B,FIT,m,0,17,24
7,u4,1,B,TAU,m,1,18,11
8,u4,2,B,FIT,k,1,12,9
`;
const planOf = (design: string, analysis: string): string => `plan: fit-rct/1
title: Arms of two designs
data: { file: data.csv }
columns:
  client: { type: id }
  unit: { type: id }
  period: { type: number }
  design: { type: factor, levels: [A, B] }
  arm: { type: factor, levels: [TAU, FIT] }
  sex: { type: factor, levels: [k, m] }
  worse: { type: binary, better: lower }
  ors_0: { type: number }
  ors_12: { type: number, better: higher }
  change: { type: factor, levels: [deteriorated, unchanged, improved, recovered, started-functional], classify: { instrument: ors-adult, before: ors_0, after: ors_12, sd: 8, reliability: 0.85 } }
trial:
  design: ${design}
${design === "joint" ? "  designs: { column: design, individual: A, stepped-wedge: B }\n" : ""}  participant: client
  arm: { column: arm, control: TAU, intervention: FIT }
  clusters: [unit]
  period: period
analyses:
  - { id: a, ${analysis} }
`;
const SHARES = "model: shares, of: { worse: worse }";
const CHANGE = "model: change-classes, classes: change";
const EFFECT = "model: effect-size, outcome: worse";

async function notesOf(design: string, analysis: string): Promise<{ message: string; messageSv: string }[]> {
  const trial = smallTrial(planOf(design, analysis), csv);
  const { status, err } = await trial.run("plan.yaml", "--out", "out", "--results-only");
  expect(status, err).toBe(0);
  const [result] = JSON.parse(readFileSync(trial.file("out/results.json"), "utf8")).analyses;
  return result.problems.filter(({ code }: { code: string }) => code === "arms.calendar-time");
}

describe("arms of a stepped wedge set beside each other", () => {
  it.each([SHARES, CHANGE, EFFECT])("say so in a joint trial, once, and what to do: %s", async (model) => {
    const notes = await notesOf("joint", `${model}, by: arm`);
    expect(notes).toHaveLength(1);
    expect(notes[0]).toMatchObject({ severity: "note" });
    expect(notes[0]!.message).toContain("4 of 8 rows are of the stepped wedge");
    expect(notes[0]!.message).toContain('restrict the rows by "where" to "A" of "design"');
    expect(notes[0]!.messageSv).toContain("4 av 8 rader");
    expect(notes[0]!.messageSv).toContain("gemensamma modellen");
  });

  it.each([SHARES, CHANGE, EFFECT])("say so in a trial that is a stepped wedge: %s", async (model) => {
    const [note, ...more] = await notesOf("stepped-wedge", `${model}, by: arm`);
    expect(more).toEqual([]);
    expect(note!.message).toContain("by the stepped-wedge model");
    expect(note!.message).not.toContain("where");
    expect(note!.messageSv).toContain("modellen för stegvis införande");
  });

  it.each([SHARES, CHANGE, EFFECT])("say nothing where the rows are of design A alone: %s", async (model) => {
    expect(await notesOf("joint", `${model}, by: arm, where: design == 'A'`)).toEqual([]);
    expect(await notesOf("individual", `${model}, by: arm`)).toEqual([]);
  });

  it("count the rows that are left by where", async () => {
    const [note] = await notesOf("joint", `${SHARES}, by: arm, where: design == 'A' || client == '5'`);
    expect(note!.message).toContain("1 of 5 rows is of the stepped wedge");
    expect(note!.messageSv).toContain("1 av 5 rader");
  });

  it("say nothing without arms beside each other", async () => {
    expect(await notesOf("joint", SHARES)).toEqual([]);
    expect(await notesOf("joint", `${SHARES}, by: sex`)).toEqual([]);
    expect(await notesOf("joint", `${SHARES}, by: arm, where: arm == 'FIT'`)).toEqual([]);
  });
});
