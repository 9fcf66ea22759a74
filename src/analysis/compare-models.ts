/** The likelihood-ratio test that an analysis asks for with `compare`. */
import type { Estimate } from "../inference/estimate.js";
import {
  type LikelihoodRatioTest,
  likelihoodRatioTest,
  type NestedModel,
  spans,
  type TestedParameters,
  testedParameters,
} from "../inference/likelihood-ratio.js";
import { boundaryAngle } from "../mixed/boundary-angle.js";
import { binomialLink } from "../plan/plan.js";
import {
  compareConservative,
  compareDifferentData,
  compareMixture,
  compareNoLikelihood,
  compareNotConverged,
  compareNotNested,
  compareRefitted,
  type Problem,
  type ReportedProblem,
} from "../problem.js";
import type { AnalysisModel, ComparedLikelihood, PreparedAnalysis } from "./analysis-model.js";
import type { PreparedFormula } from "./formula-analysis.js";

/** An analysis ready to be fitted, and how its model is. */
export interface Candidate {
  readonly prepared: PreparedAnalysis;
  readonly likelihood: AnalysisModel<never, never>["likelihood"];
}

/** Why two analyses cannot be compared, before any fit: their rows, outcomes or families differ, or they have no likelihood. */
export function comparisonProblems(larger: Candidate, smaller: Candidate): Problem[] {
  const { path } = larger.prepared;
  const id = smaller.prepared.analysis.id;
  const [a, b] = [frameOf(larger.prepared), frameOf(smaller.prepared)];
  if (larger.likelihood === undefined || smaller.likelihood === undefined || a === null || b === null)
    return [compareNoLikelihood(path, id)];
  const isSame = same(a.rows, b.rows) && same(a.response, b.response) && same(a.offset ?? [], b.offset ?? []);
  if (!isSame || familyOf(larger.prepared) !== familyOf(smaller.prepared)) return [compareDifferentData(path, id)];
  const random = (frame: PreparedFormula["frame"]) => frame.Z.map(({ group, names }) => ({ group, names }));
  const tested =
    spans(a.X, b.X) &&
    testedParameters(
      { X: a.X, random: random(a), parameters: parametersOf(a) },
      { X: b.X, random: random(b), parameters: parametersOf(b) },
    );
  return tested ? [] : [compareNotNested(path, id)];
}

/** The test, and what is to be said of it. Both models are fitted anew, by ML unless REML is asked for and compares. */
export function compareModels(
  larger: Candidate,
  smaller: Candidate,
): { readonly estimates: readonly Estimate[]; readonly problems: readonly ReportedProblem[] } {
  const { path, analysis } = larger.prepared;
  const { id } = smaller.prepared.analysis;
  const [a, b] = [frameOf(larger.prepared)!, frameOf(smaller.prepared)!];
  const areRestricted = [larger, smaller].map(({ prepared }) => methodOf(prepared) === "REML");
  const sameFixed = spans(a.X, b.X) && spans(b.X, a.X);
  const method = areRestricted.every(Boolean) && sameFixed ? "REML" : "ML";
  const fitOf = ({ likelihood, prepared }: Candidate): ComparedLikelihood => likelihood!(prepared as never, method);
  const [large, small] = [fitOf(larger), fitOf(smaller)];
  const refitted = method === "ML" && areRestricted.some(Boolean) ? [compareRefitted(path, id)] : [];
  if (!large.converged || !small.converged) return { estimates: [], problems: [compareNotConverged(path, id)] };

  const nested = ({ X, Z }: PreparedFormula["frame"], { parameters }: ComparedLikelihood): NestedModel => ({
    X,
    random: Z.map(({ group, names }) => ({ group, names })),
    parameters,
  });
  const tested = testedParameters(nested(a, large), nested(b, small));
  if (tested === null) return { estimates: [], problems: [compareNotNested(path, id)] };
  const angle =
    tested.variances === 2 && familyOf(larger.prepared) === "gaussian" ? boundaryAngle(a, b.Z, method) : null;
  const test = likelihoodRatioTest(small.deviance - large.deviance, tested, angle);
  const { statistic, df, p } = test;
  return {
    estimates: [
      {
        name: `test:likelihood-ratio:${id}`,
        measure: "likelihood-ratio",
        unit: null,
        estimate: null,
        se: null,
        df,
        statistic,
        p,
        lower: null,
        upper: null,
        level: analysis.level,
      },
    ],
    problems: [...refitted, ...boundary(path, id, tested, test)],
  };
}

function boundary(
  path: string,
  id: string,
  { variances }: TestedParameters,
  { mixture, weights }: LikelihoodRatioTest,
): ReportedProblem[] {
  if (variances === 0) return [];
  return mixture.length > 1 ? [compareMixture(path, id, mixture, weights)] : [compareConservative(path, id, variances)];
}

const frameOf = (prepared: PreparedAnalysis): PreparedFormula["frame"] | null =>
  "frame" in prepared ? (prepared as PreparedFormula).frame : null;

/** Fixed effects and entries of covariance matrices: enough to see what is nested. */
const parametersOf = ({ X, Z }: PreparedFormula["frame"]): number =>
  Z.reduce((sum, { names }) => sum + (names.length * (names.length + 1)) / 2, X.cols);

/** Distribution and link. */
function familyOf({ analysis }: PreparedAnalysis): string {
  if (binomialLink(analysis) === "cloglog") return "binomial, cloglog";
  if (analysis.model === "logistic") return "binomial";
  if (analysis.model === "poisson") return "poisson";
  return "family" in analysis ? analysis.family : "gaussian";
}

const methodOf = ({ analysis }: PreparedAnalysis): string => ("method" in analysis ? analysis.method : "ML");

function same(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
