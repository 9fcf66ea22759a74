/** The shape of the code: folders, the one direction of imports, and nothing that makes a run depend on more than its input. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../src/", import.meta.url));
const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
const areaOf = (file: string): string => (file.includes("/") ? file.split("/")[0]! : file);

/** An area may import the areas before it. Areas of one entry may not import each other. */
const order: readonly (readonly string[])[] = [
  ["problem.ts", "suggestion.ts"],
  ["numeric"],
  ["table"],
  ["formula"],
  ["trial"],
  ["inference"],
  ["linear", "mixed", "effect-size"],
  // Frailties are random terms: their structure and the optimisation over theta are those of mixed/.
  ["survival"],
  ["stepped-wedge"],
  ["plan"],
  ["analysis"],
  ["simulate"],
  ["figure"],
  ["report"],
  ["cli"],
  ["index.ts"],
];
const rank = (area: string): number => order.findIndex((areas) => areas.includes(area));

/** Code without comments and string contents, so that words in messages do not count. */
const codeOf = (text: string): string =>
  text
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/(^|[^:])\/\/.*$/gm, "$1")
    .replace(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g, '""');

const importsOf = (file: string): string[] =>
  [...readFileSync(join(root, file), "utf8").matchAll(/(?:from|import\()\s*"([^"]+)"/g)].map(
    ([, specifier]) => specifier!,
  );

describe("the shape of src", () => {
  it("is src/<area>/<thing>.ts, never deeper, in known areas", () => {
    for (const file of files) {
      expect(file.split("/").length, file).toBeLessThanOrEqual(2);
      expect(rank(areaOf(file)), `${file}: unknown area`).toBeGreaterThanOrEqual(0);
      expect(file, "kebab-case").toMatch(/^([a-z-]+\/)?[a-z0-9-]+(\.d)?\.ts$/);
      expect(file).not.toMatch(/(^|\/)(utils?|helpers?|types|common)(\/|\.ts)/);
    }
  });

  it.each(files)("%s imports only what comes before it", (file) => {
    for (const specifier of importsOf(file).filter((name) => name.startsWith("."))) {
      const target = relative(root, join(root, dirname(file), specifier)).replace(/\.js$/, ".ts");
      const [from, to] = [areaOf(file), areaOf(target)];
      if (from === to) continue;
      expect(rank(to), `${file} imports ${target}`).toBeLessThan(rank(from));
    }
  });

  it.each(files.filter((file) => areaOf(file) !== "cli"))("%s has no clock, chance or process", (file) => {
    const code = codeOf(readFileSync(join(root, file), "utf8"));
    expect(code).not.toMatch(
      /Math\s*\.\s*random|\bDate\b|\bprocess\b|\blocaleCompare\b|\btoLocale\w*|\bIntl\b|\beval\b/,
    );
    expect(code).not.toMatch(/\bnew Function\b|\bsetTimeout\b|\bperformance\b|\bfetch\(/);
  });

  it("needs Node in cli/ and the file reader alone", () => {
    const needing = files.filter((file) => importsOf(file).some((name) => name.startsWith("node:")));
    expect(needing.filter((file) => areaOf(file) !== "cli")).toEqual(["table/read-file.ts"]);
  });
});
