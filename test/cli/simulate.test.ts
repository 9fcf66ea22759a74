import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { smallTrial } from "./command.js";

const committed = fileURLToPath(new URL("../../analyses/fit-simulation.yaml", import.meta.url));
const text = readFileSync(committed, "utf8");
const written = ["clients.csv", "sessions.csv", "simulated.json", "staff.csv", "units.csv", "visits.csv"];

describe("analyze simulate", () => {
  it("writes the files of data/fit-trial from the committed truth, and nothing beside them", async () => {
    const { run, file } = smallTrial();
    const { status, out } = await run("simulate", committed, "--out", "made");
    expect(status).toBe(0);
    expect(out).toMatch(/^Simulated with seed 20240919: 504 clients of 158 staff in 24 units\./);
    expect(readdirSync(file("made")).sort()).toEqual(written);
    for (const name of written) {
      const there = new URL(`../../data/fit-trial/${name}`, import.meta.url);
      expect(readFileSync(file(`made/${name}`), "utf8"), name).toBe(readFileSync(there, "utf8"));
    }
  });

  it("takes --seed, and replaces what it wrote before", async () => {
    const { run, file } = smallTrial();
    await run("simulate", committed, "--out", "made");
    const before = readFileSync(file("made/visits.csv"), "utf8");
    expect((await run("simulate", committed, "--out", "made", "--seed", "5")).status).toBe(0);
    expect(readFileSync(file("made/visits.csv"), "utf8")).not.toBe(before);
    expect(JSON.parse(readFileSync(file("made/simulated.json"), "utf8")).seed).toBe(5);
  });

  it("does not touch data that it did not make, or that were changed since", async () => {
    const { run, write, file } = smallTrial();
    write("visits.csv", "client,month\nreal,0\n");
    const refused = await run("simulate", committed, "--out", ".");
    expect(refused.status).toBe(1);
    expect(refused.err).toContain("it may hold real data");
    expect(readFileSync(file("visits.csv"), "utf8")).toBe("client,month\nreal,0\n");
    expect(readdirSync(file("."))).not.toContain("clients.csv");

    await run("simulate", committed, "--out", "made");
    write("made/staff.csv", "changed\n");
    expect((await run("simulate", committed, "--out", "made")).err).toContain("made/staff.csv");
  });

  it("lists what is wrong with the file, and writes nothing", async () => {
    const { run, write, file } = smallTrial();
    write("wrong.yaml", text.replace("slope: 0.5", "slope: half"));
    const { status, err } = await run("simulate", "wrong.yaml", "--out", "made");
    expect(status).toBe(1);
    expect(err).toContain("wrong.yaml:");
    expect(readdirSync(file("."))).not.toContain("made");
    expect((await run("simulate", "none.yaml")).err).toContain("none.yaml");
    expect((await run("simulate")).status).toBe(1);
  });

  it("has a JSON Schema", async () => {
    const { out } = await smallTrial().run("schema", "simulation");
    expect(Object.keys(JSON.parse(out).properties)).toContain("designs");
  });
});
