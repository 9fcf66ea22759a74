/** Files of a trial that do not agree with each other: everything at once, with file and line. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { smallTrial } from "./command.js";

const plan = `plan: fit-rct/1
title: A trial in several files
data:
  tables:
    visits: { file: visits.csv, join: { clients: client } }
    clients: { file: data.csv, key: client, join: { units: unit, staff: therapist } }
    staff: { file: staff.csv, key: therapist }
    units: { file: units.csv, key: unit }
    sessions: { file: sessions.csv, join: { clients: client } }
columns:
  client: { type: id }
  month: { type: number }
  visited: { type: date }
  ors: { type: number, range: [0, 40] }
  unit: { type: id, table: clients }
  therapist: { type: id, table: clients }
  therapist_last: { type: id }
  arm: { type: factor, levels: [TAU, FIT] }
  randomised: { type: date }
  ended: { type: date }
  staff_arm: { type: factor, levels: [TAU, FIT] }
  size: { type: number }
  session: { type: number }
  held: { type: date }
trial:
  design: individual
  participant: client
  arm: { column: arm, control: TAU, intervention: FIT }
  clusters: [unit, therapist]
  visit: { column: month, baseline: 0 }
  staff: { column: therapist, arm: staff_arm }
  received: { therapist: therapist_last }
  dates: { randomised: randomised, visited: visited, session: held, ended: ended }
analyses:
  - { id: one, model: linear, formula: ors ~ arm, where: month == 6 }
`;
const files = {
  "data.csv": `client,unit,therapist,therapist_last,arm,randomised,ended
a,u1,t1,t1,TAU,2025-01-10,2025-06-01
b,u1,t2,t2,FIT,2025-01-12,
c,u1,t1,t1,TAU,2025-02-01,
d,u1,t2,t2,FIT,2025-02-03,
`,
  "visits.csv": `client,month,visited,ors
a,0,2025-01-08,10
a,6,2025-07-10,20
b,0,2025-01-12,11
b,6,2025-07-12,30
c,0,2025-02-01,12
c,6,2025-08-01,21
d,0,2025-02-03,13
d,6,2025-08-03,31
`,
  "staff.csv": "therapist,staff_arm\nt1,TAU\nt2,FIT\n",
  "units.csv": "unit,size\nu1,10\n",
  "sessions.csv": "client,session,held\nb,1,2025-01-20\nb,2,2025-01-27\na,1,2025-02-01\n",
};
type Name = keyof typeof files;

function trialWith(changes: readonly (readonly [Name, string, string])[]) {
  const trial = smallTrial(plan, files["data.csv"]);
  for (const [name, text] of Object.entries(files)) {
    const own = changes.filter(([file]) => file === name);
    trial.write(
      name,
      own.reduce((all, [, from, to]) => {
        expect(all).toContain(from);
        return all.replace(from, to);
      }, text),
    );
  }
  return trial;
}

const WARNINGS: readonly (readonly [string, Name, string, string, string])[] = [
  [
    "a visit before randomisation",
    "visits.csv",
    "a,6,2025-07-10",
    "a,6,2025-01-09",
    "visits.csv:3: visited 2025-01-09 is before randomised 2025-01-10.",
  ],
  [
    "two ORS on one day",
    "visits.csv",
    "b,6,2025-07-12",
    "b,6,2025-01-12",
    'visits.csv:5: client "b" has two rows of the same day, 2025-01-12 (the other is line 4 of visits.csv).',
  ],
  [
    "two sessions on one day",
    "sessions.csv",
    "2,2025-01-27",
    "2,2025-01-20",
    'sessions.csv:3: client "b" has two rows of the same day',
  ],
  [
    "a session after the ending",
    "sessions.csv",
    "a,1,2025-02-01",
    "a,1,2025-06-02",
    "sessions.csv:4: held 2025-06-02 is after ended 2025-06-01.",
  ],
  [
    "a session before randomisation",
    "sessions.csv",
    "b,1,2025-01-20",
    "b,1,2025-01-02",
    "sessions.csv:2: held 2025-01-02 is before randomised 2025-01-12.",
  ],
  [
    "an ending before randomisation",
    "data.csv",
    "2025-06-01",
    "2025-01-01",
    "data.csv:2: ended 2025-01-01 is before randomised 2025-01-10.",
  ],
  [
    "visits in the wrong order",
    "visits.csv",
    "d,0,2025-02-03",
    "d,0,2025-09-03",
    'visits.csv:9: client "d" has visit 6 on 2025-08-03, before visit 0 on 2025-09-03.',
  ],
  [
    "staff of both arms",
    "data.csv",
    "d,u1,t2",
    "d,u1,t1",
    'data.csv:5: therapist "t1" has participants of arm "FIT" and of "TAU" (line 2 of data.csv)',
  ],
  [
    "staff of the other arm",
    "staff.csv",
    "t2,FIT",
    "t2,TAU",
    'data.csv:3: The participant is in arm "FIT"; therapist "t2" is of arm "TAU".',
  ],
  [
    "a unit without clients",
    "units.csv",
    "u1,10\n",
    "u1,10\nu2,5\n",
    'units.csv:3: unit "u2" has no participant in data.csv.',
  ],
];

describe("a trial of clusters", () => {
  it("whose units have both arms is warned of, by check and by run", async () => {
    const trial = trialWith([]);
    trial.write(
      "plan.yaml",
      plan.replace("design: individual", "design: cluster").replace("[unit, therapist]", "[unit]"),
    );
    const message =
      'data.csv:3: The plan says that clusters were randomised (design: cluster), and 1 of 1 values of "unit"';
    expect((await trial.run("check", "plan.yaml")).err).toContain(message);
    expect((await trial.run("plan.yaml", "--out", "out", "--results-only")).err).toContain(message);
    // Therapists have one arm each: they may be what was randomised.
    trial.write("plan.yaml", plan.replace("design: individual", "design: cluster"));
    expect((await trial.run("check", "plan.yaml")).err).not.toContain("clusters were randomised");
  });
});

describe("files that do not agree with each other", () => {
  it("have nothing said of them when they do", async () => {
    const trial = trialWith([]);
    expect(await trial.run("plan.yaml", "--out", "out", "--results-only")).toMatchObject({ status: 0, err: "" });
    expect(JSON.parse(readFileSync(trial.file("out/results.json"), "utf8"))).not.toHaveProperty("problems");
  });

  it.each(WARNINGS)("warn and are analysed: %s", async (_, file, from, to, message) => {
    const trial = trialWith([[file, from, to]]);
    const { status, err } = await trial.run("plan.yaml", "--out", "out", "--results-only");
    expect(err).toContain(message);
    expect(err).toMatch(/^warning /);
    expect(status).toBe(0);
    expect((await trial.run("check", "plan.yaml")).err).toContain(message);
  });

  it("say everything at once, in the results and the report too, and are verified", async () => {
    const changes = [WARNINGS[0]!, WARNINGS[3]!, WARNINGS[9]!];
    const trial = trialWith([
      ...changes.map(([, file, from, to]) => [file, from, to] as const),
      ["data.csv", "c,u1,t1,t1", "c,u1,t1,t2"],
    ]);
    await trial.run("plan.yaml", "--out", "out", "--lang", "sv");
    const { problems } = JSON.parse(readFileSync(trial.file("out/results.json"), "utf8"));
    expect(problems.map(({ code }: { code: string }) => code).sort()).toEqual(
      [
        "trial.changed-since-randomised",
        "trial.cluster-without-participants",
        "trial.date-after",
        "trial.date-before",
        "trial.visits-out-of-order",
      ].filter((code) => code !== "trial.visits-out-of-order"),
    );
    expect(problems.at(-1)).toMatchObject({ severity: "note", path: "data.csv:4" });
    expect(problems.at(-1).message).toContain("1 of 4 participants have another therapist_last than therapist");
    const report = readFileSync(trial.file("out/report.html"), "utf8");
    expect(report).toContain("Kontroll av data");
    for (const { path } of problems) expect(report).toContain(path);
    expect((await trial.run("verify", "out")).status).toBe(0);
  });

  it.each([
    [
      "a client in visits but not in clients",
      "visits.csv",
      "d,6,",
      "x,6,",
      'visits.csv:9, column "client": "x" is not in column "client" of data.csv.',
    ],
    ["an ORS of 41", "visits.csv", "08-03,31", "08-03,41", "visits.csv:9"],
    ["a join that multiplies rows", "units.csv", "u1,10\n", "u1,10\nu1,11\n", "units.csv:3"],
  ] as const)("cannot be analysed: %s", async (_, file, from, to, message) => {
    const { status, err } = await trialWith([[file, from, to]]).run("plan.yaml", "--out", "out");
    expect(status).toBe(1);
    expect(err).toContain(message);
  });
});
