/** Plans with `model: competing-risks` and `model: fine-gray`: what is found before any estimate, and what comes out. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { prepareAnalyses, runPlan } from "../../src/analysis/run-plan.js";
import { checkPlan } from "../../src/plan/check-plan.js";
import { explainPlan } from "../../src/plan/explain-plan.js";
import { completePlan, parsePlan } from "../../src/plan/parse-plan.js";
import { ProblemError } from "../../src/problem.js";
import { readTable } from "../../src/table/read-table.js";
import { closedForm, expectClose, iterated } from "../numeric/tolerance.js";
import { competingRisksCase } from "../survival/competing-risks-case.js";

const csv = readFileSync(new URL("../reference/competing-risks/ties.csv", import.meta.url), "utf8");
const COLUMNS = `  time: { type: number, unit: weeks, label: Time in service }
  cause: { type: factor, levels: [censored, planned, dropout, moved], label: End of service }
  group: { type: factor, levels: [a, b, c] }
  age: { type: number }
  stratum: { type: id }`;

const planText = (analyses: readonly string[], columns = COLUMNS) => `plan: fit-rct/1
title: Test
data: { file: data.csv }
columns:
${columns}
analyses:
${analyses.map((one) => `  - ${one}`).join("\n")}
`;

async function setUp(analysis: string, data = csv, columns = COLUMNS) {
  const plan = completePlan(parsePlan(planText([analysis], columns), "plan.yaml"));
  const table = await readTable(new TextEncoder().encode(data), "data.csv", plan.columns, plan.data);
  return { plan, table };
}

async function run(analysis: string, data = csv, columns = COLUMNS) {
  const { plan, table } = await setUp(analysis, data, columns);
  const sources = [{ name: "data.csv", sha256: "d", table }];
  const done = runPlan({ plan, planSha256: "p", locked: false, seed: 1, version: "0", data: sources });
  const result = done.results.analyses[0]!;
  const estimate = (name: string) => {
    const found = result.estimates.find((one) => one.name === name);
    if (found === undefined) throw new Error(`no ${name} in ${result.estimates.map((one) => one.name).join(", ")}`);
    return found;
  };
  return { result, estimate, display: done.displays[0]!, codes: result.problems.map(({ code }) => code) };
}

const planCodes = (...analyses: string[]): string[] =>
  checkPlan(parsePlan(planText(analyses), "plan.yaml")).problems.map(({ code }) => code);

async function dataCodes(analysis: string, data = csv, columns = COLUMNS): Promise<string[]> {
  const { plan, table } = await setUp(analysis, data, columns);
  return prepareAnalyses(plan, table).problems.map(({ code }) => code);
}

const INCIDENCE =
  "{ id: a, model: competing-risks, formula: 'Surv(time, cause) ~ group', censored: censored, times: [5, 20], rmtl: 10 }";
const FINE_GRAY =
  "{ id: b, model: fine-gray, formula: 'Surv(time, cause) ~ group + age', censored: censored, event: dropout, times: [5, 20], of: group }";
const without = (analysis: string, text: string, by = "") => {
  expect(analysis).toContain(text);
  return analysis.replace(text, by);
};
const { expected } = competingRisksCase("ties");

describe("competing-risks in a plan", () => {
  it("gives the incidence of every cause in every group, and Gray's tests", async () => {
    const { result, estimate, display } = await run(INCIDENCE);
    expect(result.status).toBe("estimated");
    const at5 = estimate("incidence:group[b]:dropout@5");
    expectClose(at5.estimate!, expected.incidence["b"]!["dropout"]!.estimate[1]!, closedForm, "incidence");
    expectClose(at5.se! ** 2, expected.incidence["b"]!["dropout"]!.variance[1]!, closedForm, "variance");
    expect(at5.lower!).toBeLessThan(at5.estimate!);
    const gray = estimate("test:gray:moved");
    expectClose([gray.statistic!, gray.df!], [expected.gray["moved"]!.statistic, 2], closedForm, "Gray");
    expect(gray).toMatchObject({ estimate: null, measure: "chi-squared" });
    const shares = ["planned", "dropout", "moved"].map((cause) => estimate(`incidence:group[a]:${cause}@5`).estimate!);
    const free = estimate("event-free:group[a]@5").estimate!;
    expectClose(
      shares.reduce((sum, v) => sum + v, free),
      1,
      closedForm,
      "all shares",
    );
    const lost = ["planned", "dropout", "moved"].map((cause) => estimate(`rmtl:group[a]:${cause}@10`).estimate!);
    expect(lost.every((v) => v > 0 && v < 10)).toBe(true);
    expect(estimate("rmtl:group[a]:dropout@10").unit).toBe("weeks");
    const difference = estimate("incidence-difference:group[b]-group[a]:dropout@5");
    expectClose(
      difference.estimate!,
      at5.estimate! - estimate("incidence:group[a]:dropout@5").estimate!,
      closedForm,
      "difference",
    );
    expect(display.curves).toHaveLength(1);
    const [curves] = display.curves!;
    expect(curves).toMatchObject({ kind: "incidence", groupedBy: "group", event: "End of service" });
    expect(curves!.curves.map(({ group, cause }) => `${group} ${cause}`).slice(0, 4)).toEqual([
      "a planned",
      "a dropout",
      "a moved",
      "b planned",
    ]);
  });

  it("stratifies Gray's test, and takes one group", async () => {
    const stratified = await run(without(INCIDENCE, "~ group'", "~ group + strata(stratum)'"));
    expectClose(
      stratified.estimate("test:gray:dropout").statistic!,
      expected.grayStrata["dropout"]!.statistic,
      closedForm,
      "strata",
    );
    const all = await run(without(INCIDENCE, "~ group'", "~ 1'"));
    expectClose(
      all.estimate("incidence:all:planned@5").estimate!,
      expected.all.incidence["planned"]![1]!,
      closedForm,
      "all",
    );
    expect(all.result.estimates.some(({ name }) => name.startsWith("test:"))).toBe(false);
  });

  it("counts a row of weight 2 as two", async () => {
    const [header, ...lines] = csv.trim().split("\n");
    const weighted = [`${header},w`, ...lines.map((line, i) => `${line},${1 + (i % 2)}`)].join("\n");
    const twice = [header, ...lines.flatMap((line, i) => (i % 2 === 1 ? [line, line] : [line]))].join("\n");
    const one = await run(
      without(INCIDENCE, "rmtl: 10", "rmtl: 10, weights: w"),
      weighted,
      `${COLUMNS}\n  w: { type: number }`,
    );
    const two = await run(INCIDENCE, twice);
    one.result.estimates.forEach(({ estimate, se, statistic }, i) => {
      const other = two.result.estimates[i]!;
      expectClose(
        [estimate ?? 0, se ?? 0, statistic ?? 0],
        [other.estimate ?? 0, other.se ?? 0, other.statistic ?? 0],
        closedForm,
        other.name,
        1,
      );
    });
  });

  it("leaves out what it cannot know, and says so", async () => {
    const beyond = await run(without(INCIDENCE, "[5, 20]", "[5, 500]"));
    expect(beyond.codes).toContain("survival.not-followed");
    // In a the last had an event, so that nothing can change; in another group the last was censored.
    expect(beyond.estimate("incidence:group[a]:dropout@500").estimate).toBeGreaterThan(0);
    const after = beyond.result.estimates.filter(({ name }) => /^incidence:.*@500$/.test(name));
    expect(after.some(({ estimate, se, lower }) => estimate === null && se === null && lower === null)).toBe(true);
    const noneInC = csv.replace(/moved,c/g, "planned,c");
    const empty = await run(INCIDENCE, noneInC);
    expect(empty.codes).toContain("competing.group-without-event");
    expect(empty.estimate("incidence:group[c]:moved@5")).toMatchObject({ estimate: 0, se: null, lower: null });
    const never = await run(INCIDENCE, csv.replace(/moved/g, "planned"));
    expect(never.codes).toContain("frame.levels-dropped");
    expect(never.result.estimates.some(({ name }) => name.includes("moved"))).toBe(false);
    const single = await run(INCIDENCE, csv.replace(/moved|dropout/g, "planned"));
    expect(single.codes).toContain("competing.one-cause-left");
  });

  it("says that clusters are ignored, where the plan names some", async () => {
    expect(await dataCodes(INCIDENCE)).not.toContain("competing.clusters-ignored");
    const { result } = await run(INCIDENCE, csv, `${COLUMNS}\ntrial: { clusters: [stratum] }`);
    expect(result.problems.map(({ code }) => code)).toContain("competing.clusters-ignored");
  });

  it("has no Gray's test with late entry", async () => {
    const [header, ...lines] = csv.trim().split("\n");
    const late = [`${header},from`, ...lines.map((line, i) => `${line},${i % 3 === 0 ? 0.5 : 0}`)].join("\n");
    const done = await run(
      without(INCIDENCE, "Surv(time", "Surv(from, time"),
      late,
      `${COLUMNS}\n  from: { type: number }`,
    );
    expect(done.codes).toContain("competing.no-gray-test");
    expect(done.estimate("test:gray:dropout").statistic).toBeNull();
    expect(done.estimate("incidence:group[a]:dropout@5").estimate).toBeGreaterThan(0);
  });
});

describe("fine-gray in a plan", () => {
  it("has subdistribution and cause-specific hazard ratios side by side", async () => {
    const { result, estimate, display } = await run(FINE_GRAY);
    expect(result.status).toBe("estimated");
    const { coef, se } = expected.fineGray;
    expectClose(estimate("coefficient:group[b]").estimate!, coef[0]!, iterated, "coef");
    expectClose(estimate("hazard-ratio:group[b]").estimate!, Math.exp(coef[0]!), iterated, "ratio");
    expectClose(estimate("hazard-ratio:group[b]").se!, se[0]!, iterated, "se");
    for (const cause of expected.causes)
      expect(estimate(`cause-specific-hazard-ratio:${cause}:age`).estimate).toBeGreaterThan(0);
    // The predicted incidence of a group: 1 − exp(−Λ exp(x'β)) at the mean age.
    expect(estimate("incidence:group[c]:dropout@20").estimate!).toBeGreaterThan(
      estimate("incidence:group[c]:dropout@5").estimate!,
    );
    expect(result.fit).toMatchObject({ logLik: null, aic: null, converged: true });
    expect(display.survival).toMatchObject({ cause: "dropout", competing: ["planned", "moved"] });
    const alone = await run(without(FINE_GRAY, "event: dropout", "event: dropout, cause-specific: false"));
    expect(alone.result.estimates.some(({ measure }) => measure.startsWith("cause-specific"))).toBe(false);
  });

  it("has the hazard ratios of Cox models as cause-specific ones, and is Cox (Breslow) where nothing competes", async () => {
    const only = csv.replace(/planned|moved/g, "censored");
    const { estimate, codes } = await run(FINE_GRAY, only);
    expect(codes).toContain("competing.one-cause-left");
    // Efron's ties there, Breslow's here: the same without ties.
    const untied = only
      .split("\n")
      .map((line, i) => (i === 0 ? line : line.replace(/^(\d+)/, `$1.${String(i).padStart(4, "0")}`)))
      .join("\n");
    const distinct = await run(FINE_GRAY, untied);
    expectClose(
      distinct.estimate("cause-specific-hazard-ratio:dropout:age").estimate!,
      distinct.estimate("hazard-ratio:age").estimate!,
      iterated,
      "Cox",
    );
    expect(estimate("hazard-ratio:age").estimate).not.toBe(
      estimate("cause-specific-hazard-ratio:dropout:age").estimate,
    );
  });

  it("takes censoring strata and clusters", async () => {
    const strata = await run(without(FINE_GRAY, "event: dropout", "event: dropout, censoring-strata: stratum"));
    expectClose(strata.estimate("coefficient:age").estimate!, expected.fineGrayStrata.coef[2]!, iterated, "strata");
    const [header, ...lines] = csv.trim().split("\n");
    const units = [`${header},unit`, ...lines.map((line, i) => `${line},u${i % 9}`)].join("\n");
    const clustered = without(
      without(FINE_GRAY, "+ age", "+ age + cluster(unit)"),
      "event: dropout",
      "event: dropout, vcov: mancl-derouen, df: clusters",
    );
    const { estimate, result } = await run(clustered, units, `${COLUMNS}\n  unit: { type: id }`);
    expect(estimate("coefficient:age").df).toBe(9 - 3);
    expect(result.n.groups).toEqual({ unit: 9 });
    expect(result.problems).toEqual([]);
    const plain = await run(
      without(clustered, "vcov: mancl-derouen, df: clusters, ", ""),
      units,
      `${COLUMNS}\n  unit: { type: id }`,
    );
    expect(plain.codes).toContain("fit.few-clusters");
  });

  it("finds a monotone likelihood, and gives no number", async () => {
    const { result, codes } = await run(FINE_GRAY, csv.replace(/dropout,c/g, "planned,c"));
    expect(codes).toContain("fit.monotone");
    expect(result).toMatchObject({ status: "not-estimated", estimates: [] });
    expect(result.reason).toContain('"group[c]"');
  });
});

describe("what cannot be answered as asked", () => {
  it("is a level that is not one, an event that is censoring, keys without effect", () => {
    expect(planCodes(FINE_GRAY, INCIDENCE)).toEqual([]);
    expect(planCodes(without(FINE_GRAY, "event: dropout", "event: dropuot"))).toEqual(["plan.unknown-level"]);
    expect(planCodes(without(FINE_GRAY, "event: dropout", "event: censored"))).toEqual(["competing.event-is-censored"]);
    expect(planCodes(without(FINE_GRAY, "event: dropout", "event: dropout, vcov: mancl-derouen"))).toEqual([
      "competing.key-unused",
    ]);
    expect(planCodes(without(FINE_GRAY, "event: dropout", "event: dropout, df: clusters"))).toEqual([
      "competing.key-unused",
    ]);
    expect(planCodes(without(FINE_GRAY, "times: [5, 20], ", ""))).toEqual(["competing.key-unused"]);
    expect(planCodes(without(FINE_GRAY, "of: group", "of: stratum"))).toEqual(["competing.of-not-factor"]);
    expect(planCodes(without(FINE_GRAY, "event: dropout", "event: dropout, censoring-strata: region"))).toEqual([
      "plan.unknown-column",
    ]);
  });

  it("is a cause called censoring: another analysis says otherwise, or the first level does", () => {
    const other = without(INCIDENCE, "censored: censored", "censored: moved");
    expect(planCodes(FINE_GRAY, other)).toEqual(["competing.censored-not-first", "competing.censored-differs"]);
    const { problems } = checkPlan(parsePlan(planText([other]), "plan.yaml"));
    expect(problems.map(({ code, severity }) => [code, severity])).toEqual([
      ["competing.censored-not-first", "warning"],
    ]);
  });

  it("is a censored level that does not exist or is missing, and a code that is not in the plan", async () => {
    await expect(run(without(INCIDENCE, "censored: censored", "censored: alive"))).rejects.toThrow(ProblemError);
    expect(await dataCodes(without(INCIDENCE, "censored: censored", "censored: alive"))).toEqual([
      "survival.censored-unknown",
    ]);
    expect(await dataCodes(without(INCIDENCE, "censored: censored, ", ""))).toEqual(["survival.censored-missing"]);
    await expect(run(INCIDENCE, csv.replace("dropout", "dead"))).rejects.toThrow(ProblemError);
  });

  it("is an event of 0 and 1", async () => {
    const columns = COLUMNS.replace(
      "  cause: { type: factor, levels: [censored, planned, dropout, moved], label: End of service }",
      "  cause: { type: binary }",
    );
    const binary = csv.replace(/planned|moved|dropout/g, "1").replace(/censored/g, "0");
    const asked = without(INCIDENCE, "censored: censored, ", "");
    expect(checkPlan(parsePlan(planText([asked], columns), "plan.yaml")).problems.map(({ code }) => code)).toEqual([
      "competing.one-cause",
    ]);
    expect(await dataCodes(asked, binary, columns)).toContain("competing.one-cause");
  });

  it("is an event of interest that nobody has, late entry, and several rows of a participant", async () => {
    expect(await dataCodes(FINE_GRAY, csv.replace(/dropout/g, "planned"))).toContain("competing.no-event");
    const [header, ...lines] = csv.trim().split("\n");
    const late = [`${header},from,id`, ...lines.map((line, i) => `${line},0.5,${i >> 1}`)].join("\n");
    const columns = `${COLUMNS}\n  from: { type: number }\n  id: { type: id }`;
    expect(await dataCodes(without(FINE_GRAY, "Surv(time", "Surv(from, time"), late, columns)).toEqual([
      "competing.late-entry",
    ]);
    const asked = without(FINE_GRAY, "event: dropout", "event: dropout, participant: id");
    expect(await dataCodes(asked, late, columns)).toContain("survival.overlap");
  });

  it("is a covariate that depends on others", async () => {
    expect(await dataCodes(without(FINE_GRAY, "+ age", "+ age + I(2 * age + 1)"))).toContain("frame.aliased");
  });
});

describe("explain", () => {
  it("says what each does", async () => {
    const { plan } = await setUp(FINE_GRAY);
    const words = explainPlan(plan);
    expect(words).toContain("Event of interest: dropout.");
    expect(words).toContain("cause-specific hazard ratios of every cause");
    expect(words).toContain("Predicted incidence for each level of group at: 5, 20 (weeks).");
    expect(explainPlan((await setUp(INCIDENCE)).plan)).toContain("Test: Gray's, of each cause.");
  });
});
