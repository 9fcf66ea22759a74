/** `analyze schema plan|results|simulation`: the JSON Schema of a file. */
import { optionValue, ProblemError } from "../problem.js";
import { suggest } from "../suggestion.js";
import type { Command } from "./analyze.js";

const schemas: Record<string, () => Promise<object>> = {
  plan: async () => (await import("../plan/plan.js")).planJsonSchema(),
  results: async () => (await import("../analysis/results-schema.js")).resultsJsonSchema(),
  simulation: async () => (await import("../simulate/simulation.js")).simulationJsonSchema(),
};

export const schema: Command = async ({ target }, io) => {
  const name = target!;
  const names = Object.keys(schemas);
  if (!Object.hasOwn(schemas, name)) throw new ProblemError([optionValue("schema", name, names, suggest(name, names))]);
  io.out(`${JSON.stringify(await schemas[name]!(), null, 2)}\n`);
  return 0;
};
