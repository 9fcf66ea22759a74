import { describe, expect, it } from "vitest";
import { completePlan, maxPlanBytes, parsePlan } from "../../src/plan/parse-plan.js";
import { type Problem, ProblemError } from "../../src/problem.js";

const minimal = `plan: fit-rct/1
title: A trial
data: { file: data.csv }
columns:
  y: { type: number }
  arm: { type: factor, levels: [TAU, FIT] }
analyses:
  - { id: primary, model: linear, formula: y ~ arm }
`;

const problemsOf = (text: string): Problem[] => [...parsePlan(text, "plan.yaml").problems];
/** `plan.yaml:1:5 plan.unknown-key` of each. */
const brief = (text: string): string[] => problemsOf(text).map(({ path, code }) => `${path} ${code}`);
const planOf = (text: string) => completePlan(parsePlan(text, "plan.yaml"));

/** Milliseconds that this process has computed: a busy machine does not count. */
const processorTime = (): number => process.cpuUsage().user / 1000;

describe("parsePlan, of a sound plan", () => {
  it("fills in the defaults", () => {
    expect(planOf(minimal)).toEqual({
      plan: "fit-rct/1",
      title: "A trial",
      data: { file: "data.csv", missing: [""] },
      columns: { y: { type: "number" }, arm: { type: "factor", levels: ["TAU", "FIT"] } },
      analyses: [
        {
          id: "primary",
          model: "linear",
          formula: "y ~ arm",
          role: "secondary",
          level: 0.95,
          vcov: "classical",
        },
      ],
    });
    const mixed = planOf(minimal.replace("linear, formula: y ~ arm", "mixed, formula: y ~ arm + (1 | g)")).analyses[0];
    expect(mixed).toMatchObject({ model: "mixed", method: "REML", df: "satterthwaite" });
  });

  it("reads the whole of the contract's example", () => {
    const plan = planOf(`plan: fit-rct/1                     # format and version
title: Beat the Blues
seed: 20240919
registration: { registry: OSF, id: 00123, date: 2024-09-19 }
data:
  file: data.csv
  missing: ["", NA, -99]
columns:
  participant: { type: id }
  treatment:   { type: factor, levels: [TAU, BtheB] }
  month:       { type: number, unit: months }
  bdi:         { type: number, range: [0, 63], unit: points, better: lower }
  dropped_out: { type: binary }
  started:     { type: date }
trial:
  design: individual
  participant: participant
  arm: { column: treatment, control: TAU, intervention: BtheB }
  clusters: [unit, therapist]
  visit: { column: month, baseline: 0 }
  period: period
analyses:
  - id: primary
    model: mixed
    formula: bdi ~ bdi_pre + treatment * month + (1 | participant)
    method: REML
    df: kenward-roger
    level: 0.95
    role: primary
    where: month > 0
    means: { of: treatment, by: [visit], at: { month: [3, 8] } }
`);
    expect(plan.seed).toBe(20240919);
    expect(plan.registration).toEqual({ registry: "OSF", id: "00123", date: "2024-09-19" });
    expect(plan.data.missing).toEqual(["", "NA", "-99"]);
    expect(plan.trial?.visit).toEqual({ column: "month", baseline: 0 });
    expect(plan.analyses[0]).toHaveProperty("means", { of: "treatment", by: ["visit"], at: { month: [3, 8] } });
  });

  it("keeps levels as they are written: No, numbers, leading zeros", () => {
    const plan = planOf(
      minimal
        .replace("[TAU, FIT]", "[No, 0, 1.0, 007, true]")
        .replace("arm }", "arm, means: { of: arm, at: { arm: [007], y: [3] } } }"),
    );
    expect(plan.columns["arm"]).toEqual({ type: "factor", levels: ["No", "0", "1.0", "007", "true"] });
    expect(plan.analyses[0]).toHaveProperty("means.at", { arm: ["007"], y: [3] });
  });

  it("takes Windows line ends, a byte-order mark and few aliases", () => {
    expect(planOf(`\ufeff${minimal.replaceAll("\n", "\r\n")}`).title).toBe("A trial");
    const shared = minimal.replace(
      "levels: [TAU, FIT] }",
      "levels: &arms [TAU, FIT] }\n  was: { type: factor, levels: *arms }",
    );
    expect(planOf(shared).columns["was"]).toEqual({ type: "factor", levels: ["TAU", "FIT"] });
  });
});

describe("parsePlan, problems of the text", () => {
  it.each([
    ["an empty file", "", "plan.yaml:1:1 plan.empty"],
    ["comments only", "# nothing\n", "plan.yaml:1:1 plan.empty"],
    ["binary", "PK\u0003\u0004\u0000", "plan.yaml plan.not-text"],
    ["a terminal's escape", "title: \u001b[31m", "plan.yaml plan.not-text"],
    ["a text", "hello", "plan.yaml:1:1 plan.not-keys"],
    ["a list", "- a\n- b\n", "plan.yaml:1:1 plan.not-keys"],
    ["a tab", "data:\n\tfile: x", "plan.yaml:2:1 plan.syntax"],
    ["a colon in a value", "title: Trial: the second\n", "plan.yaml:1:8 plan.syntax"],
    ["an open quote", "title: 'Trial\n", "plan.yaml:2:1 plan.syntax"],
    ["an open bracket", "columns: [a, b\ntitle: x\n", "plan.yaml:2:1 plan.syntax"],
    ["several documents", "plan: fit-rct/1\n---\ntitle: x\n", "plan.yaml:2:1 plan.several-documents"],
    ["a tag", "where: !isValid(x)\n", "plan.yaml:1:8 plan.tag"],
    ["an unknown alias", "title: *other\n", "plan.yaml:1:8 plan.unknown-alias"],
    ["a key that is a list", "? [a, b]\n: c\n", "plan.yaml:1:3 plan.key-not-text"],
    ["an alias in itself", "a: &x [*x]\n", "plan.yaml:1:7 plan.too-deep"],
  ])("%s", (_, text, expected) => {
    expect(brief(text)).toEqual([expected]);
  });

  it("finds every duplicated key, and says where the first is", () => {
    const problems = problemsOf(`${minimal}title: again\nplan: fit-rct/1\n`);
    expect(problems.map(({ path }) => path)).toEqual(["plan.yaml:9:1", "plan.yaml:10:1"]);
    expect(problems[0]).toMatchObject({ code: "plan.duplicate-key" });
    expect(problems[0]?.message).toContain("the first is on line 2");
  });

  it.each([
    ["a column", minimal.replace("  arm:", "  y: { type: id }\n  arm:"), ["y"], ["primary"], false],
    ["a key of a column", minimal.replace("{ type: number }", "{ type: number, type: id }"), ["y"], ["primary"], false],
    ["a key of an analysis", minimal.replace("formula:", "formula: y ~ 1, formula:"), [], [], false],
    ["a key of data", minimal.replace("data.csv }", "data.csv, file: other.csv }"), [], ["primary"], true],
  ])("goes on without what depends on a duplicated key, %s", (_, text, columns, ids, isDataUnread) => {
    const parsed = parsePlan(text, "plan.yaml");
    expect(parsed.problems.map(({ code }) => code)).toEqual(["plan.duplicate-key"]);
    expect(parsed.unreadColumns).toEqual(columns);
    expect(parsed.plan?.analyses.map(({ id }) => id) ?? []).toEqual(ids);
    expect(parsed.isDataUnread).toBe(isDataUnread);
  });

  it("goes no further when columns are there twice, whatever else is wrong", () => {
    const text = `${minimal.replace("type: number", "type: numbr")}columns: { y: { type: 3 } }\n`;
    const { plan, problems } = parsePlan(text, "plan.yaml");
    expect(plan).toBeNull();
    expect(problems.map(({ code }) => code)).toContain("plan.duplicate-key");
  });

  it("refuses a column whose name would be lost", () => {
    expect(brief(minimal.replace("  arm:", "  __proto__: { type: id }\n  arm:"))).toEqual([
      "plan.yaml:6:3 plan.reserved-name",
    ]);
  });

  it("lists several syntax errors, one a line", () => {
    expect(brief("a: b: c\nd: @e\n")).toEqual(["plan.yaml:1:4 plan.syntax", "plan.yaml:2:4 plan.syntax"]);
  });

  it.each([
    ["10 MB", "x: 1\n".repeat(2_000_000), "plan.too-large"],
    ["10 000 open brackets", "[".repeat(10_000), "plan.too-deep"],
    ["10 000 nested keys", "{a: ".repeat(10_000), "plan.too-deep"],
    ["10 000 nested lists", "- ".repeat(10_000), "plan.too-deep"],
    ["60 nested lists", `${"[".repeat(60)}${"]".repeat(60)}`, "plan.too-deep"],
    ["aliases that expand to a billion", billionLaughs(30), "plan.too-many-aliases"],
    ["101 aliases", `a: &a 1\nb: [${Array(101).fill("*a").join(", ")}]\n`, "plan.too-many-aliases"],
    ["200 000 values", "- a\n".repeat(200_000), "plan.too-many-values"],
  ])("answers at once to %s", (_, text, code) => {
    const started = processorTime();
    expect(problemsOf(text).map((problem) => problem.code)).toEqual([code]);
    expect(processorTime() - started).toBeLessThan(5000);
  });

  it("answers in linear time to very many keys", () => {
    const keys = Array.from({ length: 50_000 }, (_, i) => `k${i}: 1`).join("\n");
    expect(keys.length).toBeLessThan(maxPlanBytes);
    const started = processorTime();
    expect(problemsOf(keys).filter(({ code }) => code === "plan.unknown-key")).toHaveLength(50_000);
    expect(processorTime() - started).toBeLessThan(8000);
  });
});

describe("parsePlan, problems of keys and values", () => {
  const broken = `plan: fit-rct/2
titel: 3
data: { file: d.csv, mising: [NA] }
columns:
  a: { type: nummber }
  b: { type: factor, levels: [x, y] }
  c: { type: number, range: [1] }
  d: { type: factor, levels: [] }
  e:
  f: { type: id, unit: x }
trial: { arms: {}, design: indvidual, arm: { column: b, control: x } }
seed: 1.5
analyses:
  - id: Primary
    model: mixed
    formla: y ~ x
    level: 95
    df: kenward-rogers
    means: { off: b, by: c, at: { x: 3 } }
  - { id: ok, model: linear, formula: f ~ b }
`;

  it("lists all of them in the order of the file, unknown keys at the key", () => {
    expect(brief(broken)).toEqual([
      "plan.yaml:1:1 plan.missing-key",
      "plan.yaml:1:7 plan.unknown-value",
      "plan.yaml:2:1 plan.unknown-key",
      "plan.yaml:3:22 plan.unknown-key",
      "plan.yaml:5:14 plan.unknown-value",
      "plan.yaml:7:29 plan.wrong-type",
      "plan.yaml:8:30 plan.empty-value",
      "plan.yaml:9:3 plan.empty-value",
      "plan.yaml:10:18 plan.unknown-key",
      "plan.yaml:11:10 plan.unknown-key",
      "plan.yaml:11:28 plan.unknown-value",
      "plan.yaml:11:44 plan.missing-key",
      "plan.yaml:12:7 plan.seed",
      "plan.yaml:14:5 plan.missing-key",
      "plan.yaml:14:9 plan.invalid-id",
      "plan.yaml:16:5 plan.unknown-key",
      "plan.yaml:17:12 plan.level-not-share",
      "plan.yaml:18:9 plan.unknown-value",
      "plan.yaml:19:12 plan.missing-key",
      "plan.yaml:19:14 plan.unknown-key",
      "plan.yaml:19:26 plan.wrong-type",
      "plan.yaml:19:38 plan.wrong-type",
    ]);
  });

  it("suggests keys and values", () => {
    const messages = problemsOf(broken).map(({ message }) => message);
    for (const word of ["title", "missing", "number", "arm", "individual", "formula", "kenward-roger", "of"]) {
      expect(messages.some((message) => message.includes(`Did you mean "${word}"?`))).toBe(true);
    }
    expect(messages).toContain('"level" is a share above 0.5 and below 1; it is 95. Write 0.95.');
  });

  it("keeps what can be understood, and remembers where it stands", () => {
    const { plan, unreadColumns, where } = parsePlan(broken, "plan.yaml");
    expect(Object.keys(plan?.columns ?? {})).toEqual(["b", "f"]);
    expect(unreadColumns).toEqual(["a", "c", "d", "e"]);
    expect(plan?.analyses.map(({ id }) => id)).toEqual(["ok"]);
    expect(where(["analyses", 0, "formula"])).toBe("plan.yaml:20:39");
  });

  it("throws all problems together when the plan must be complete", () => {
    const parsed = parsePlan(broken, "plan.yaml");
    expect(() => completePlan(parsed)).toThrow(ProblemError);
    try {
      completePlan(parsed);
    } catch (error) {
      expect((error as ProblemError).problems).toHaveLength(22);
    }
  });

  const analysis = (keys: string): Problem[] => problemsOf(minimal.replace("formula: y ~ arm", keys));

  it("suggests a model, also one of a later version, and checks the other keys of its analysis", () => {
    const problems = problemsOf(
      minimal.replace("model: linear, formula: y ~ arm", "model: mmrn, formula: 3, level: 1"),
    );
    expect(problems.map(({ code }) => code)).toEqual(["plan.unknown-value", "plan.wrong-type", "plan.level-not-share"]);
    expect(problems[0]?.message).toContain('Did you mean "mmrm"?');
  });

  const messages = (text: string): string[] => problemsOf(text).map(({ path, message }) => `${path} ${message}`);

  it("checks the keys beside a misspelt model by the model that was meant", () => {
    const keys = "{ id: primary, modell: mixed, formla: y ~ arm, df: kenwad, wher: y > 0 }";
    const found = messages(minimal.replace("{ id: primary, model: linear, formula: y ~ arm }", keys));
    expect(found).toEqual([
      'plan.yaml:8:5 The key "formula" is missing in analysis "primary". Add it.',
      'plan.yaml:8:20 Unknown key "modell" in analysis "primary". Did you mean "model"?',
      'plan.yaml:8:35 Unknown key "formla" in analysis "primary". Did you mean "formula"?',
      expect.stringMatching(/^plan\.yaml:8:56 "df" must be one of satterthwaite, .* it is "kenwad"\./),
      'plan.yaml:8:64 Unknown key "wher" in analysis "primary". Did you mean "where"?',
    ]);
  });

  it.each([
    ["modell: mixed", ['Unknown key "modell"']],
    ["modell: mixd", ['Unknown key "modell"', 'it is "mixd". Did you mean "mixed"?']],
    ["model: mixd", ['it is "mixd". Did you mean "mixed"?']],
    ["modell: zzzzzzz", ['Unknown key "modell" in analysis "primary". Did you mean "model"?']],
    ["other: mixed", ['The key "model" is missing', 'Unknown key "other"']],
    ["model: 3", ["it is 3."]],
    ["model:", ['"model" is empty']],
  ])("names %s and an unknown key beside it", (model, expected) => {
    const found = messages(minimal.replace("model: linear,", `${model}, rolle: primary,`));
    expect(found).toHaveLength(expected.length + 1);
    for (const text of [...expected, 'Unknown key "rolle"']) {
      expect(found.filter((message) => message.includes(text))).toHaveLength(1);
    }
  });

  it.each([
    ["{ typ: number, rnge: [0, 1] }", ['5:8 Unknown key "typ"', '5:21 Unknown key "rnge"']],
    ["{ type: numbr, rnge: [0, 1] }", ['5:14 "type" must be', '5:21 Unknown key "rnge"']],
    ["{ type: numbr, range: [0] }", ['5:14 "type" must be', '5:28 "range" must be']],
    ["{ levls: [a] }", ['5:6 The key "type" is missing', '5:8 Unknown key "levls"']],
  ])("checks the keys beside the type of the column %s", (column, expected) => {
    const found = messages(minimal.replace("{ type: number }", column));
    expect(found).toEqual(expected.map((text) => expect.stringContaining(text)));
  });

  it("goes on with a column whose type is misspelt in its key alone", () => {
    const { plan, unreadColumns } = parsePlan(minimal.replace("{ type: number }", "{ typ: number }"), "plan.yaml");
    expect(plan?.columns["y"]).toEqual({ type: "number" });
    expect(unreadColumns).toEqual([]);
  });

  it.each([
    ["level: 0.5", "plan.level-not-share"],
    ["level: 1", "plan.level-not-share"],
    ["level: high", "plan.wrong-type"],
    ["formula: ''", "plan.empty-value"],
    ["formula: [y, x]", "plan.wrong-type"],
    ["formula: y ~ x, where: 3", "plan.wrong-type"],
    ["formula: y ~ x, means: arm", "plan.wrong-type"],
    ["formula: y ~ x, means: { of: arm, at: { y: [] } }", "plan.empty-value"],
    ["formula: y ~ x, means: { of: arm, at: { y: [{}] } }", "plan.wrong-type"],
    ["formula: y ~ x, means: { of: arm, by: [] }", "plan.empty-value"],
    ["formula: y ~ x, title:", "plan.empty-value"],
  ])("refuses %s", (keys, code) => {
    expect(
      analysis(keys)
        .filter((problem) => problem.code !== "plan.missing-key")
        .map((problem) => problem.code),
    ).toEqual([code]);
  });

  it.each([
    ["seed: -1", "plan.seed"],
    ["seed: 9007199254740992", "plan.seed"],
    ["seed: abc", "plan.seed"],
    ["registration: { date: 19 September 2024 }", "plan.invalid-date"],
    ["registration: { date: 2024-9-19 }", "plan.invalid-date"],
    ["__proto__: { a: 1 }", "plan.unknown-key"],
    ["constructor: 1", "plan.unknown-key"],
    ["<<: { title: x }", "plan.unknown-key"],
  ])("refuses %s", (line, code) => {
    expect(brief(`${minimal}${line}\n`).map((text) => text.split(" ")[1])).toEqual([code]);
  });

  it("never shows more than the beginning of a long value", () => {
    for (const { message } of problemsOf(`${minimal}seed: ${"x".repeat(1000)}\n${"k".repeat(900)}: 1\n`)) {
      expect(message.length).toBeLessThan(250);
    }
  });
});

function billionLaughs(generations: number): string {
  const lines = ["a0: &a0 [ha, ha]"];
  for (let i = 1; i < generations; i++) lines.push(`a${i}: &a${i} [*a${i - 1}, *a${i - 1}, *a${i - 1}]`);
  return `${lines.join("\n")}\n`;
}
