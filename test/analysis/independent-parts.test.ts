import { describe, expect, it } from "vitest";
import { independentParts } from "../../src/analysis/independent-parts.js";
import { readInputs } from "../../src/cli/read-inputs.js";

const inputs = await readInputs("analyses/fit-joint/plan.yaml", null, process.cwd());
const plan = inputs.plan.parsed.plan!;
const idsOf = (only?: readonly string[]): string[][] =>
  independentParts(plan, only).map(({ places }) => places.map((place) => plan.analyses[place]!.id));

describe("independent parts", () => {
  it("keep a joint model with its parts, and every analysis is in one", () => {
    const parts = idsOf();
    expect(parts).toContainEqual(["itt-individual", "itt-stepped-wedge", "itt-joint"]);
    expect(parts.flat().sort()).toEqual(plan.analyses.map(({ id }) => id).sort());
    for (const part of parts)
      if (!part.some((id) => id.includes("joint"))) expect(part, part.join(" ")).toHaveLength(1);
  });

  it("have what was asked for alone", () => {
    expect(idsOf(["subgroups", "effect-size"])).toEqual([["subgroups-moderators"], ["effect-size"]]);
    expect(idsOf(["itt-joint"])).toEqual([["itt-joint"]]);
  });

  it("keep a model with the one it is compared with", () => {
    const analyses = plan.analyses.filter(({ model }) => model === "mixed").slice(0, 3);
    const compared = { ...analyses[2]!, compare: analyses[0]!.id } as (typeof analyses)[number];
    const parts = independentParts({ ...plan, analyses: [analyses[0]!, analyses[1]!, compared] });
    expect(parts.map(({ places }) => places)).toEqual([[0, 2], [1]]);
  });
});
