/** What the report shows beside the result. Of an analysis that was not estimated: no means, no residuals. */
import { receivedArm } from "../plan/check-populations.js";
import { type Analysis, isSurvivalAnalysis, type Plan } from "../plan/plan.js";
import { allRows, countParticipants, participantFlow } from "../trial/participant-flow.js";
import type { AnalysisOutcome, PreparedAnalysis } from "./analysis-model.js";
import type { AnalysisDisplay, AnalysisResult } from "./results.js";

export function analysisDisplay(
  { plan, table, analysis, rows, excluded, outcome, references }: PreparedAnalysis,
  {
    criterion,
    standardErrors,
    degreesOfFreedom,
    working,
    covariance,
    residualBy,
    clusters,
    integral,
    link,
    profile,
    diagnostics,
    curves,
    schoenfeld,
    survival,
    wedge,
    trialFlow,
    baseline,
    moderators,
  }: AnalysisOutcome,
  { status, estimates }: AnalysisResult,
): AnalysisDisplay {
  const { trial } = plan;
  const armName = trial?.arm?.column ?? armOf(analysis);
  const arm = armName === undefined ? undefined : table.columns.get(armName);
  const participant = trial?.participant === undefined ? undefined : table.columns.get(trial.participant);
  const isEstimated = status === "estimated";
  return {
    id: analysis.id,
    title: analysis.title ?? null,
    ...(analysis.part === undefined ? {} : { part: analysis.part }),
    criterion,
    hasRandomEffects:
      analysis.model === "mixed" ||
      analysis.model === "mmrm" ||
      analysis.model === "stepped-wedge" ||
      analysis.model === "joint" ||
      analysis.model === "moderation",
    standardErrors,
    labels: { ...labelsOf(plan, analysis), ...labelsOfShares(plan, analysis) },
    ...(plan.words === undefined ? {} : { words: plan.words }),
    ...populationOf(plan, analysis),
    references,
    outcome,
    degreesOfFreedom,
    ...(working === undefined ? {} : { working }),
    ...(covariance === undefined ? {} : { covariance }),
    ...(residualBy === undefined ? {} : { residualBy }),
    ...(clusters === undefined ? {} : { clusters }),
    ...(integral === undefined ? {} : { integral }),
    ...(link === undefined ? {} : { link }),
    level: analysis.level,
    // Who is described is said by the description itself.
    flow:
      trialFlow !== undefined || baseline !== undefined
        ? []
        : participantFlow(table, rows, excluded, {
            arm: arm?.kind === "category" ? arm : null,
            participant: participant ?? null,
          }),
    participants:
      participant === undefined
        ? null
        : { data: countParticipants(allRows(table), participant), used: countParticipants(rows, participant) },
    differences: differencesOf(estimates, armName),
    ...ratiosOf(estimates, armName),
    profile: isEstimated ? profile : null,
    diagnostics: isEstimated ? diagnostics : null,
    ...(curves === undefined || !isEstimated ? {} : { curves }),
    ...(schoenfeld === undefined || !isEstimated ? {} : { schoenfeld }),
    ...(survival === undefined ? {} : { survival }),
    ...(wedge === undefined ? {} : { wedge }),
    ...(trialFlow === undefined ? {} : { trialFlow }),
    ...(baseline === undefined ? {} : { baseline }),
    ...(moderators === undefined ? {} : { moderators }),
  };
}

/** What the population of an analysis is called, and by which arm it is. */
export function populationOf(
  { populations = {} }: Plan,
  { population: name = "" }: Pick<Analysis, "population">,
): Pick<AnalysisDisplay, "population"> {
  const declared = Object.hasOwn(populations, name) ? populations[name] : undefined;
  return declared === undefined ? {} : { population: { label: declared.label ?? name, arm: declared.arm } };
}

function armOf(analysis: Analysis): string | undefined {
  if (analysis.model === "cox") return analysis.means?.of ?? analysis.predict?.of;
  if (isSurvivalAnalysis(analysis)) return undefined;
  if (analysis.model === "moderation") return analysis.effect;
  if ("formula" in analysis) return analysis.means?.of;
  return "by" in analysis ? analysis.by : undefined;
}

/** What the plan calls its columns; of a population by the arm received the arm is called as that. */
function labelsOf(plan: Plan, analysis: Pick<Analysis, "population">): Record<string, string> {
  const { columns, trial } = plan;
  const labels = Object.fromEntries(
    Object.entries(columns).flatMap(([name, { label }]) => (label === undefined ? [] : [[name, label]])),
  );
  const received = receivedArm(plan);
  if (populationOf(plan, analysis).population?.arm !== "received" || received === undefined) return labels;
  return { ...labels, [trial!.arm!.column]: labels[received] ?? received };
}

/** What is counted has the label of its column. */
const labelsOfShares = ({ columns }: Plan, analysis: Analysis): Record<string, string> =>
  analysis.model === "shares"
    ? Object.fromEntries(
        Object.entries(analysis.of).flatMap(([name, column]) => {
          const label = columns[column]?.label;
          return label === undefined ? [] : [[name, label]];
        }),
      )
    : {};

/**
 * The estimates that answer the trial's question: differences of adjusted means, or the arm's coefficients when
 * there are none. With an interaction the arm's coefficient holds at one value only, and is no answer.
 */
function differencesOf(estimates: AnalysisResult["estimates"], arm: string | undefined): string[] {
  // On a link scale the answer is a ratio: see `ratiosOf`.
  const contrasts = estimates.filter(
    ({ name, measure }) => name.startsWith("contrast:") && !measure.startsWith("log-"),
  );
  const joint = estimates.filter(({ name }) => /^effect:(individual|stepped-wedge|joint|two-stage)(@|$)/.test(name));
  if (joint.length > 0) return joint.map(({ name }) => name);
  // Without the kind of inference: `effect:immediate@cr3` stands beside.
  const wedge = estimates.filter(
    ({ name, measure }) => /^effect:(immediate|exposure@[^@]+|tate|lte)$/.test(name) && !measure.startsWith("log-"),
  );
  if (wedge.length > 0) return wedge.map(({ name }) => name);
  const ofArm = estimates.filter(({ name }) => arm !== undefined && name.startsWith(`coefficient:${arm}[`));
  const main = ofArm.filter(({ measure }) => measure === "mean-difference");
  const answers = contrasts.length > 0 || ofArm.length > main.length ? contrasts : main;
  return answers.map(({ name }) => name);
}

const RATIOS: readonly string[] = [
  "odds-ratio",
  "rate-ratio",
  "risk-ratio",
  "hazard-ratio",
  "subdistribution-hazard-ratio",
  "cause-specific-hazard-ratio",
];

/**
 * The ratios that answer the trial's question: those between levels, or those of the arm's coefficients when there are
 * none and the arm is in no interaction.
 */
function ratiosOf(
  estimates: AnalysisResult["estimates"],
  arm: string | undefined,
): { readonly ratios?: readonly string[] } {
  const ratios = estimates.filter(({ measure, estimate }) => RATIOS.includes(measure) && estimate !== null);
  const wedge = ratios.filter(({ name }) => name.includes(":effect:"));
  if (wedge.length > 0) return { ratios: wedge.map(({ name }) => name) };
  const between = ratios.filter(({ name }) => name.includes("]/"));
  // A model of hazards without an arm is shown with all its terms.
  const ofArm = ratios.filter(({ name, measure }) =>
    arm === undefined ? measure === "hazard-ratio" : name.startsWith(`${measure}:${arm}[`),
  );
  const main = ofArm.filter((one) => !between.includes(one) && !one.name.includes("]:"));
  const crossed = ofArm.some((one) => one.name.includes("]:"));
  const hasOwn = between.some(({ measure }) => measure !== "risk-ratio");
  const names = [...(crossed || hasOwn ? [] : main), ...between].map(({ name }) => name);
  return names.length === 0 ? {} : { ratios: names };
}
