/** `model: mixed` with `residual-by`: a residual variance for each level of a column. */
import { toOrderedFactor } from "../formula/factor-levels.js";
import { rankProblems } from "../inference/full-rank.js";
import { randomGroupings, toStrataCovariance } from "../mixed/cluster-robust-mixed.js";
import { residualComponents } from "../mixed/covariance-components.js";
import { profileResidualStrata } from "../mixed/profile-residual-strata.js";
import { fitResidualStrata } from "../mixed/residual-strata.js";
import { randomComponents } from "../mixed/variance-components.js";
import { qr } from "../numeric/qr.js";
import type { MixedAnalysis } from "../plan/plan.js";
import { noRandomTerm, oneResidualStratum } from "../problem.js";
import type { AnalysisModel } from "./analysis-model.js";
import { fixedEstimates, type PreparedFormula, prepareFormula, profileOf } from "./formula-analysis.js";
import { clusterColumns, fitDf, mixedRobustFit, mixedRobustProblems } from "./mixed-robust-fit.js";
import { withProfileIntervals } from "./profile-intervals.js";
import { modesOf, randomProblems } from "./random-terms.js";
import { standardisedEstimates } from "./standardised-estimates.js";

const strataOf = ({ analysis, table, frame }: Pick<PreparedFormula<MixedAnalysis>, "analysis" | "table" | "frame">) =>
  toOrderedFactor(table, analysis["residual-by"]!, frame.rows);

export const residualStrataAnalysis: AnalysisModel<MixedAnalysis, PreparedFormula<MixedAnalysis>> = {
  prepare: (input) =>
    prepareFormula(input, {
      also: [input.analysis["residual-by"]!, ...clusterColumns(input.plan, input.analysis)],
      check: (analysis, frame, path) => {
        const { levels } = strataOf({ ...input, frame });
        return [
          ...rankProblems(frame.X, qr(frame.X), frame.names, path),
          ...(frame.Z.length === 0 ? [noRandomTerm(path)] : randomProblems(analysis.df, frame, path)),
          ...mixedRobustProblems({ ...input, frame }, randomGroupings(frame.Z)),
          ...(levels.length === 1 ? [oneResidualStratum(path, analysis["residual-by"]!, levels[0]!)] : []),
        ];
      },
    }),

  analyse: (prepared) => {
    const { analysis, frame, outcome, path } = prepared;
    const { method, df, level, interval } = analysis;
    const column = analysis["residual-by"]!;
    const strata = strataOf(prepared);
    const plain = fitResidualStrata(frame, strata, { method, df: fitDf(analysis), path });
    const covariance = toStrataCovariance(plain, strata);
    const robust = mixedRobustFit(plain, prepared, randomGroupings(frame.Z), covariance);
    const { fit, standardErrors, clusters, words } = robust;
    const { problems, converged, singular, iterations, logLik, parameters, n, sigma } = fit;
    const estimates = fixedEstimates(fit, prepared);
    const intervals =
      interval === "profile" && converged ? profileResidualStrata(frame, strata, column, level, path) : [];
    const standardised = standardisedEstimates(prepared, estimates, null);
    const sds = strata.levels.map((_, s) => Math.sqrt(sigma.data[s * (strata.levels.length + 1)]!));
    return {
      method: `linear mixed model, a residual variance for each level of ${column}, ${method}, ${words}${interval === "profile" ? ", profile-likelihood intervals (ML)" : ""}`,
      criterion: method,
      standardErrors,
      ...(clusters === undefined ? {} : { clusters }),
      degreesOfFreedom: df,
      residualBy: column,
      groups: n.groups,
      likelihood: { logLik, parameters },
      converged,
      singular,
      iterations,
      problems: [...problems, ...standardised.problems],
      estimates: withProfileIntervals(
        [
          ...estimates,
          ...standardised.estimates,
          ...randomComponents(fit, outcome.unit, level),
          ...residualComponents(fit, column, outcome.unit, level),
        ],
        intervals,
      ),
      profile: profileOf(fit, prepared),
      diagnostics: {
        fitted: fit.fitted,
        residuals: fit.residuals.map((v, row) => v / sds[strata.codes[row]!]!),
        modes: modesOf(fit.random),
      },
    };
  },
};
