import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { adjustP, type MultiplicityMethod, multiplicityMethods } from "../../src/inference/multiplicity.js";
import { closedForm, expectClose } from "../numeric/tolerance.js";

type Family = Readonly<Record<"p" | "bonferroni" | "holm" | "hochberg", readonly number[]>>;
const { families }: { families: readonly Family[] } = JSON.parse(
  readFileSync(new URL("../reference/multiplicity/expected.json", import.meta.url), "utf8"),
);

describe("adjusted p-values", () => {
  it.each(["bonferroni", "holm", "hochberg"] as const)("%s, as R's p.adjust", (method) => {
    for (const family of families) {
      expectClose(adjustP(family.p, method) as number[], family[method], closedForm, `${method} of ${family.p}`);
    }
  });

  // By hand, p = 0.01, 0.04, 0.03.
  it.each<[MultiplicityMethod, number[]]>([
    ["bonferroni", [0.03, 0.12, 0.09]],
    ["holm", [0.03, 0.06, 0.06]],
    ["hochberg", [0.03, 0.04, 0.04]],
    ["fixed-sequence", [0.01, 0.04, 0.04]],
  ])("%s, by hand", (method, adjusted) => {
    expectClose(adjustP([0.01, 0.04, 0.03], method) as number[], adjusted, closedForm, method);
  });

  it("closes the gate behind the first that is not rejected", () => {
    expect(adjustP([0.01, 0.2, 0.001], "fixed-sequence")).toEqual([0.01, 0.2, 0.2]);
  });

  it("counts a test that could not be carried out as p = 1", () => {
    expect(adjustP([0.01, null], "holm")).toEqual([0.02, null]);
    expect(adjustP([0.01, null], "hochberg")).toEqual([0.02, null]);
    expect(adjustP([0.01, null], "bonferroni")).toEqual([0.02, null]);
    expect(adjustP([0.01, null, 0.001], "fixed-sequence")).toEqual([0.01, null, 1]);
  });

  it("does not depend on the order, but for the fixed sequence", () => {
    const p = [0.3, 0.002, 0.04, 0.011];
    for (const method of multiplicityMethods.filter((name) => name !== "fixed-sequence")) {
      const turned = adjustP([...p].reverse(), method).reverse();
      expect(turned).toEqual(adjustP(p, method));
    }
  });

  it("goes from least to most powerful: Bonferroni, Holm, Hochberg; never above 1, never below p", () => {
    for (const { p } of families) {
      const [bonferroni, holm, hochberg] = (["bonferroni", "holm", "hochberg"] as const).map(
        (method) => adjustP(p, method) as number[],
      );
      p.forEach((value, i) => {
        expect(hochberg![i]).toBeGreaterThanOrEqual(value);
        expect(holm![i]).toBeGreaterThanOrEqual(hochberg![i]!);
        expect(bonferroni![i]).toBeGreaterThanOrEqual(holm![i]!);
        expect(bonferroni![i]).toBeLessThanOrEqual(1);
      });
    }
  });
});
