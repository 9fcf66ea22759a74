/** analyses/isu-example: a unit's own follow-up in Excel, without a control group. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { runIn, smallTrial } from "./command.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const plan = readFileSync(`${root}/analyses/isu-example/plan.yaml`, "utf8").replaceAll("../../data", `${root}/data`);

describe("a unit's own follow-up", () => {
  it("shows first how many were followed up, then their change, and says that it is no effect, in both languages", async () => {
    const trial = smallTrial(plan);
    for (const [language, sentence] of [
      ["en", "A change is not an effect"],
      ["sv", "En förändring är ingen effekt"],
    ] as const) {
      expect((await runIn(trial.folder, ["plan.yaml", "--out", language, "--lang", language])).status).toBe(0);
      const report = readFileSync(trial.file(`${language}/report.html`), "utf8");
      expect(report).toContain(sentence);
      expect(report).toContain(language === "en" ? "followed up after 6 months" : "uppföljd efter 6 månader");
      expect(report.indexOf('id="analysis-followed-up"')).toBeLessThan(report.indexOf('id="analysis-change"'));
    }
    const text = readFileSync(trial.file("en/results.json"), "utf8");
    expect(readFileSync(trial.file("sv/results.json"), "utf8")).toBe(text);
    const [followed, change] = JSON.parse(text).analyses;
    const of = (name: string): number => followed.estimates.find((one: { name: string }) => one.name === name).estimate;
    // Everybody once, whatever was entered twice.
    expect(of("count:measured_0")).toBe(60);
    expect(change.n.observations).toBe(of("count:measured_6"));
    expect(JSON.stringify(JSON.parse(text))).not.toContain('"p":0');
  });

  it("refuses a measurement that was entered twice where the plan has no rule for it", async () => {
    const trial = smallTrial(plan.replaceAll("take: last, order: datum", "take: one"));
    const { status, err } = await trial.run("check", "plan.yaml");
    expect(status).toBe(1);
    expect(err).toContain("uppfoljning.xlsx");
  });
});
