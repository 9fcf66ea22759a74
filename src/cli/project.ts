/** The project that the current folder is in: its default plan and where its reports go. */
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { noDefaultPlan, ProblemError } from "../problem.js";

/** The nearest folder with a package.json, from `folder` upwards; null when there is none. */
export function findProject(folder: string): string | null {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, "package.json"))) return at;
    if (dirname(at) === at) return null;
  }
}

/** The plan that `"fit-rct": { "plan": … }` of the project's package.json names. @throws ProblemError when there is none. */
export function defaultPlan(cwd: string): string {
  const project = findProject(cwd);
  const plan = project === null ? undefined : planOfPackage(join(project, "package.json"));
  if (project === null || plan === undefined) throw new ProblemError([noDefaultPlan()]);
  return join(project, plan);
}

function planOfPackage(file: string): string | undefined {
  try {
    const plan: unknown = JSON.parse(readFileSync(file, "utf8"))?.["fit-rct"]?.plan;
    return typeof plan === "string" && plan !== "" ? plan : undefined;
  } catch {
    return undefined;
  }
}

/** `reports/<name>` of the project: the plan file's name, or that of its folder when it is called plan.yaml. */
export function defaultOutput(cwd: string, planPath: string): string {
  const stem = basename(planPath, extname(planPath));
  const name = stem === "plan" ? basename(dirname(planPath)) : stem;
  return join(findProject(cwd) ?? cwd, "reports", name === "" ? stem : name);
}
