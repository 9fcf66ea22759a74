/** Participant flow and baseline table from plan to report. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { resultsSchema } from "../../src/analysis/results-schema.js";
import { smallTrial } from "../cli/command.js";

const plan = `plan: fit-rct/1
title: { en: A described trial, sv: En beskriven prövning }
data:
  tables:
    visits: { file: visits.csv, join: { clients: client } }
    clients: { file: data.csv, key: client }
    staff: { file: staff.csv, key: therapist }
columns:
  client: { type: id }
  month: { type: number, unit: months }
  ors: { type: number }
  therapist: { type: id, label: { en: therapist, sv: behandlare } }
  arm: { type: factor, levels: [TAU, FIT] }
  age: { type: number, unit: years, label: { en: age, sv: ålder } }
  sex: { type: factor, levels: [kvinna, man] }
  ending: { type: factor, levels: [planerat, avbrott] }
  staff_arm: { type: factor, levels: [TAU, FIT] }
  got: { type: factor, levels: [FIT, TAU] }
  why: { type: factor, levels: [own wish, no place] }
trial:
  design: individual
  participant: client
  arm: { column: arm, control: TAU, intervention: FIT }
  clusters: [therapist]
  visit: { column: month, baseline: 0 }
  staff: { column: therapist, arm: staff_arm }
  received: { arm: got }
populations:
  young: { exclude: [{ where: age >= 40, reason: of age }] }
  safety: { label: { en: safety, sv: säkerhet }, arm: received, exclude: [{ where: "!isValid(got)", reason: { en: got nothing, sv: fick inget } }] }
analyses:
  - { id: flow, model: participant-flow, table: clients, outcome: ors, primary: 6, ending: ending, not-received: why }
  - { id: baseline, model: baseline-table, table: clients, variables: [age, sex], standardised-differences: true, total: true }
`;
const clients = `client,therapist,arm,age,sex,ending,got,why
a,t1,TAU,20,kvinna,planerat,TAU,
b,t1,TAU,30,man,avbrott,TAU,
c,t2,FIT,40,man,planerat,FIT,
d,t3,FIT,,kvinna,planerat,TAU,own wish
e,t3,FIT,60,kvinna,avbrott,,no place
`;
const visits = "client,month,ors\na,0,10\na,6,20\nb,0,11\nc,0,12\nc,6,25\nd,0,9\nd,6,\ne,0,8\n";
const staff = "therapist,staff_arm\nt1,TAU\nt2,FIT\nt3,FIT\nt4,FIT\n";

/** A column at the end of a file. */
const addColumn = (csv: string, name: string, cells: readonly string[]): string =>
  csv
    .trimEnd()
    .split("\n")
    .map((line, i) => `${line},${i === 0 ? name : cells[i - 1]!}\n`)
    .join("");

function described(text = plan) {
  const trial = smallTrial(text, clients);
  trial.write("visits.csv", visits);
  trial.write("staff.csv", staff);
  return trial;
}

describe("descriptive analyses", () => {
  it("give counts and summaries as estimates, without p-values", async () => {
    const trial = described();
    const { status, err } = await trial.run("plan.yaml", "--out", "out", "--results-only");
    expect(status).toBe(0);
    expect(err.trimEnd().split("\n")).toEqual([expect.stringContaining('therapist "t4" has no participant')]);
    const [flow, baseline] = JSON.parse(readFileSync(trial.file("out/results.json"), "utf8")).analyses;
    const of = (result: { estimates: { name: string; estimate: number }[] }) =>
      Object.fromEntries(result.estimates.map(({ name, estimate }) => [name, estimate]));
    expect(of(flow)).toMatchObject({
      "count:participants@arm[TAU]": 2,
      "count:participants@arm[FIT]": 3,
      "count:therapist@arm[FIT]": 2,
      "count:staff@arm[FIT]": 3,
      "count:assessed:month=6@arm[FIT]": 1,
      "count:ending[avbrott]@arm[TAU]": 1,
      "count:primary@arm[TAU]": 1,
      "count:not-followed-up@arm[FIT]": 2,
      // d has no age, and stays.
      "count:population:young@arm[FIT]": 1,
      "count:excluded:young:of age@arm[FIT]": 2,
      // d got the other arm's; e got nothing, and counts where e was randomised.
      "count:received:allocated@arm[TAU]": 2,
      "count:received:allocated@arm[FIT]": 1,
      "count:received:other@arm[FIT]": 1,
      "count:received:missing@arm[FIT]": 1,
      "count:not-received[own wish]@arm[FIT]": 1,
      "count:not-received[no place]@arm[FIT]": 1,
      "count:population:safety@arm[TAU]": 3,
      "count:population:safety@arm[FIT]": 1,
      "count:excluded:safety:got nothing@arm[FIT]": 1,
      // Without ORS at 6 months: b; d and e.
      "count:lost@arm[TAU]": 1,
      "count:lost[avbrott]@arm[TAU]": 1,
      "count:lost@arm[FIT]": 2,
      "count:lost[planerat]@arm[FIT]": 1,
      "count:lost[avbrott]@arm[FIT]": 1,
    });
    expect(of(baseline)).toMatchObject({
      "baseline:age:mean@arm[TAU]": 25,
      "baseline:age:missing@arm[FIT]": 1,
      "baseline:age:median@all": 35,
      "baseline:sex[kvinna]@arm[FIT]": 2,
      // (50 − 25) / √((200 + 50) / 2)
      "baseline:age:standardised-difference@arm[FIT]": 25 / Math.sqrt(125),
      "baseline:participants-per-therapist:mean@arm[FIT]": 1.5,
    });
    for (const { estimates } of [flow, baseline])
      expect(estimates.every(({ p, se }: { p: null; se: null }) => p === null && se === null)).toBe(true);
  });

  it("are a diagram and a table in the report, in the language asked for, with the same numbers", async () => {
    const trial = described();
    const texts = [];
    for (const language of ["en", "sv"]) {
      await trial.run("plan.yaml", "--out", language, "--lang", language);
      const report = readFileSync(trial.file(`${language}/report.html`), "utf8");
      texts.push(
        report
          .replace(/<(script|style)[\s\S]*?<\/\1>/g, "")
          .replace(/<[^>]+>/g, " ")
          .replace(/\s+/g, " "),
      );
    }
    const [english, swedish] = texts as [string, string];
    for (const word of [
      "A described trial",
      "Flow of participants",
      "Allocated to: FIT",
      "6 months: 1 (33%)",
      "age (years)",
      "25.0 (7.1)",
    ])
      expect(english).toContain(word);
    for (const word of [
      "En beskriven prövning",
      "Deltagarflöde",
      "Behandlare: 2",
      "6 månader: 1 (33 %)",
      "ålder (år)",
      "25,0 (7,1)",
    ])
      expect(swedish.replaceAll("\u00a0", " ")).toContain(word);
    expect(readFileSync(trial.file("en/results.json"), "utf8")).toBe(
      readFileSync(trial.file("sv/results.json"), "utf8"),
    );
  });

  describe("with the dates that the plan names", () => {
    const dated = plan
      .replace("  month: {", "  entered: { type: date }\n  seen: { type: date }\n  month: {")
      .replace("  staff: { column", "  dates: { randomised: entered, visited: seen }\n  staff: { column");
    const days = ["2024-10-01", "2024-11-30", "2026-09-30", "", "2025-02-28"];
    const enrolled = addColumn(clients, "entered", days);
    const followed = addColumn(visits, "seen", [
      ..."2024-10-01 2025-04-02 2024-11-28 2026-10-01 2027-04-05".split(" "),
      "",
      // Of a visit without ORS: it was made.
      "2027-09-12",
      "2025-03-01",
    ]);
    const run = async (text: string, who: string, ...argv: string[]) => {
      const trial = smallTrial(text, who);
      trial.write("visits.csv", followed);
      trial.write("staff.csv", staff);
      const { status, err } = await trial.run("plan.yaml", "--out", "out", ...argv);
      expect(status, err).toBe(0);
      const results = JSON.parse(readFileSync(trial.file("out/results.json"), "utf8"));
      resultsSchema.parse(results);
      return { trial, flow: results.analyses[0] };
    };
    const reportOf = ({ file }: { file: (name: string) => string }): string =>
      readFileSync(file("out/report.html"), "utf8").replace(/<[^>]+>/g, " ");

    it("the periods of recruitment and follow-up are in the results, and a sentence in the report", async () => {
      const english = await run(dated, enrolled);
      expect(english.flow.dates).toEqual({
        randomised: ["2024-10-01", "2026-09-30"],
        visited: ["2024-10-01", "2027-09-12"],
      });
      expect(reportOf(english.trial)).toContain("Randomised from 2024-10-01 to 2026-09-30; last visit 2027-09-12.");
      const swedish = await run(dated, enrolled, "--lang", "sv");
      expect(reportOf(swedish.trial)).toContain(
        "Randomiserade från 2024-10-01 till 2026-09-30; sista besöket 2027-09-12.",
      );
      const blind = await run(dated, enrolled, "--blind");
      expect(blind.flow.dates).toEqual(english.flow.dates);
    });

    it("they are of those who are counted", async () => {
      const { flow } = await run(dated.replace("primary: 6,", "primary: 6, where: \"arm == 'TAU'\","), enrolled);
      expect(flow.dates).toEqual({
        randomised: ["2024-10-01", "2024-11-30"],
        visited: ["2024-10-01", "2025-04-02"],
      });
    });

    it("they are of each design too, where there are two", async () => {
      const text = dated
        .replace("  sex: {", "  part: { type: factor, levels: [A, B] }\n  sex: {")
        .replace("design: individual", "design: joint\n  designs: { column: part, individual: A, stepped-wedge: B }");
      const of = addColumn(enrolled, "part", ["A", "A", "B", "B", "B"]);
      const { trial, flow } = await run(text, of);
      expect(flow.dates).toEqual({
        randomised: ["2024-10-01", "2026-09-30"],
        visited: ["2024-10-01", "2027-09-12"],
        designs: [
          { design: "A", randomised: ["2024-10-01", "2024-11-30"], visited: ["2024-10-01", "2025-04-02"] },
          { design: "B", randomised: ["2025-02-28", "2026-09-30"], visited: ["2025-03-01", "2027-09-12"] },
        ],
      });
      expect(reportOf(trial)).toContain(
        "A: randomised from 2024-10-01 to 2024-11-30, last visit 2025-04-02; B: enrolled from 2025-02-28 to 2026-09-30, last visit 2027-09-12.",
      );
    });

    it("without them there is nothing", async () => {
      const { flow } = await run(plan, clients);
      expect(flow).not.toHaveProperty("dates");
      const none = await run(dated.replace("dates: { randomised: entered, visited: seen }", "dates: {}"), enrolled);
      expect(none.flow).not.toHaveProperty("dates");
    });
  });

  it.each([
    [
      "rows of several visits",
      ["table: clients, variables", "table: visits, variables"],
      "one row of each participant",
    ],
    ["a variable that is an id", ["[age, sex]", "[age, therapist]"], "columns of type number, factor or binary"],
    ["an ending that is a number", ["ending: ending", "ending: age"], "ending needs a"],
    ["no visits", ["  visit: { column: month, baseline: 0 }\n", ""], 'needs "visit" under "trial"'],
    ["a staff arm that is an id", ["arm: staff_arm", "arm: client"], '"client"'],
  ])("refuse %s", async (_, [from, to], message) => {
    const trial = described(plan.replace(from!, to!));
    const { status, err } = await trial.run("check", "plan.yaml");
    expect(status).toBe(1);
    expect(err).toContain(message);
  });
});
