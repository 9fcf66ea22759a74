/** `model: mmrm`. */

import type { SpecialTerm } from "../formula/formula.js";
import type { ModelFrame, SpecialFactors } from "../formula/frame.js";
import { rankProblems } from "../inference/full-rank.js";
import { betweenWithin } from "../mixed/between-within.js";
import { type Grouping, randomGroupings, toRepeatedCovariance } from "../mixed/cluster-robust-mixed.js";
import { covarianceComponents } from "../mixed/covariance-components.js";
import {
  fitRepeatedMeasures,
  type RepeatedMeasures,
  type RepeatedMeasuresFit,
  repeatedMeasuresProblems,
} from "../mixed/repeated-measures.js";
import { randomComponents } from "../mixed/variance-components.js";
import { zeros } from "../numeric/matrix.js";
import { qr } from "../numeric/qr.js";
import type { MmrmAnalysis } from "../plan/plan.js";
import { oneCovarianceTerm, type Problem, visitsUnattended } from "../problem.js";
import type { Table } from "../table/table.js";
import type { AnalysisModel } from "./analysis-model.js";
import { fixedEstimates, type PreparedFormula, prepareFormula, profileOf } from "./formula-analysis.js";
import { clusterColumns, fitDf, mixedRobustFit, mixedRobustProblems } from "./mixed-robust-fit.js";
import { modesOf, randomProblems } from "./random-terms.js";
import type { Diagnostics } from "./results.js";
import { standardisedEstimates } from "./standardised-estimates.js";

type CovarianceTerm = Extract<SpecialTerm, { kind: "covariance" }>;

export const mmrmAnalysis: AnalysisModel<MmrmAnalysis, PreparedFormula<MmrmAnalysis>> = {
  prepare: (input) =>
    prepareFormula(input, {
      specials: ["covariance"],
      also: clusterColumns(input.plan, input.analysis),
      check: (analysis, frame, path) => [
        ...rankProblems(frame.X, qr(frame.X), frame.names, path),
        ...randomProblems("satterthwaite", frame, path),
        ...(frame.special.length === 1
          ? [
              ...measuresProblems(analysis, frame, input.table, path),
              ...mixedRobustProblems({ ...input, frame }, groupingsOf(frame)),
            ]
          : [oneCovarianceTerm(path, frame.special.length)]),
      ],
    }),

  analyse: (prepared) => {
    const { analysis, frame, outcome, path } = prepared;
    const { method, df, level, fallback } = analysis;
    const { measures, structure } = measuresOf(frame);
    const plain = fitRepeatedMeasures(frame, measures, {
      structure,
      method,
      df: fitDf(analysis),
      path,
      ...(fallback === undefined ? {} : { fallback }),
    });
    const covariance = toRepeatedCovariance(plain, measures);
    const robust = mixedRobustFit(plain, prepared, groupingsOf(frame), covariance);
    const { fit, standardErrors, clusters, words } = robust;
    const { problems, converged, singular, iterations, logLik, parameters, n } = fit;
    const estimates = fixedEstimates(fit, prepared);
    const standardised = standardisedEstimates(prepared, estimates, null);
    const random = frame.Z.length === 0 ? "" : " and random effects";
    return {
      method: `mixed model for repeated measures, ${structureWords[fit.structure]} covariance${random}, ${method}, ${words}`,
      criterion: method,
      standardErrors,
      ...(clusters === undefined ? {} : { clusters }),
      degreesOfFreedom: df,
      covariance: { structure: fit.structure, visit: measures.visit, participant: measures.participant },
      groups: n.groups,
      likelihood: { logLik, parameters },
      converged,
      singular,
      iterations,
      problems: [...problems, ...standardised.problems],
      estimates: converged
        ? [
            ...estimates,
            ...standardised.estimates,
            ...randomComponents(fit, outcome.unit, level),
            ...covarianceComponents(fit, level),
          ]
        : [],
      profile: converged ? profileOf(fit, prepared) : null,
      diagnostics: diagnostics(fit, measures),
    };
  },
};

const structureWords: Record<CovarianceTerm["structure"], string> = {
  us: "unstructured",
  cs: "compound symmetry",
  csh: "heterogeneous compound symmetry",
  ar1: "first-order autoregressive",
  ar1h: "heterogeneous first-order autoregressive",
  ad: "first-order ante-dependence",
  adh: "heterogeneous first-order ante-dependence",
  toep: "Toeplitz",
  toeph: "heterogeneous Toeplitz",
};

function measuresOf(frame: ModelFrame): { measures: RepeatedMeasures; structure: CovarianceTerm["structure"] } {
  const { term, group, visit } = frame.special[0]! as SpecialFactors & { term: CovarianceTerm };
  const measures = { participant: term.group, visit: term.visit, participants: group, visits: visit! };
  return { measures, structure: term.structure };
}

/** Participants, whose rows have a covariance, and the random terms. */
function groupingsOf(frame: ModelFrame): Grouping[] {
  const { participant, participants } = measuresOf(frame).measures;
  return [...randomGroupings(frame.Z), { group: participant, factor: participants, has: () => true }];
}

/** What the rows used show of the visits before any fit. */
function measuresProblems(
  { df, fallback = [] }: MmrmAnalysis,
  frame: ModelFrame,
  table: Table,
  path: string,
): Problem[] {
  const { measures, structure } = measuresOf(frame);
  const { participant, visit, participants, visits } = measures;
  const column = table.columns.get(visit)!;
  const unattended = column.kind === "category" ? column.levels.filter((level) => !visits.levels.includes(level)) : [];
  // A visit that is a term of the formula too was told with its levels.
  const isTold = frame.design.variables.some((variable) => variable.kind === "factor" && variable.column === visit);
  const group = { group: participant, names: ["(Intercept)"], values: zeros(0, 0), ...participants };
  const nesting = df === "between-within" ? betweenWithin({ ...frame, Z: [...frame.Z, group] }, path) : null;
  return [
    ...repeatedMeasuresProblems(measures, frame, [structure, ...fallback], path),
    ...(unattended.length > 0 && !isTold ? [visitsUnattended(path, visit, unattended)] : []),
    ...(nesting !== null && "code" in nesting ? [nesting] : []),
  ];
}

/** Residuals in units of the standard deviation of their visit. */
function diagnostics({ fitted, residuals, sigma, random }: RepeatedMeasuresFit, { visits }: RepeatedMeasures) {
  const K = visits.levels.length;
  return {
    fitted,
    residuals: residuals.map((v, row) => v / Math.sqrt(sigma.data[visits.codes[row]! * (K + 1)]!)),
    modes: modesOf(random),
  } satisfies Diagnostics;
}
