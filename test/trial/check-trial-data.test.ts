import { describe, expect, it } from "vitest";
import { checkClusterArms } from "../../src/trial/check-trial-data.js";
import { readText } from "../table/read-text.js";

const columns = {
  region: { type: "id" },
  ward: { type: "id" },
  arm: { type: "factor", levels: ["TAU", "FIT"] },
} as const;
const tableOf = (rows: string) => readText(`region,ward,arm\n${rows}`, columns);

describe("checkClusterArms", () => {
  const inTwo = "N,a,TAU\nN,a,TAU\nN,b,TAU\nN,b,FIT\nS,c,FIT\nS,d,TAU\n";

  it("says that clusters have two arms, how many, and where the first of them is", async () => {
    const problems = checkClusterArms([await tableOf(inTwo)], "arm", ["ward"]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ code: "trial.clusters-in-two-arms", severity: "warning" });
    expect(problems[0]!.path).toMatch(/:5$/);
    expect(problems[0]!.message).toContain(
      '1 of 4 values of "ward" have participants of both arms: "b" has "TAU" and "FIT"',
    );
  });

  it("is content when clusters of some kind have one arm each", async () => {
    const nested = "N,a,TAU\nN,b,FIT\nS,c,FIT\nS,d,TAU\nS,d,\n";
    expect(checkClusterArms([await tableOf(nested)], "arm", ["region", "ward"])).toEqual([]);
    expect(checkClusterArms([await tableOf(nested)], "arm", ["region"])[0]!.message).toContain("2 of 2 values");
  });

  it("of clusters of several kinds speaks of the outermost", async () => {
    const problems = checkClusterArms([await tableOf(inTwo)], "arm", ["region", "ward"]);
    expect(problems.map(({ message }) => /values of "(\w+)"/.exec(message)![1])).toEqual(["region"]);
  });

  it("says nothing where no column is there", async () => {
    expect(checkClusterArms([await tableOf(inTwo)], "arm", ["hospital"])).toEqual([]);
  });
});
