/**
 * A client's risk, predicted from baseline by a model that was fitted to other clients: cross-fitting in k folds that are
 * drawn within each unit.
 *
 * The model has no term for the arm and is fitted to both arms, unless the plan says otherwise: a model fitted to the
 * controls alone fits them better than the others, which looks like a treatment effect that depends on risk.
 *
 * Sources  Kent, Paulus, van Klaveren et al. (2020) Annals of Internal Medicine 172:35–45 (PATH: an internal model of
 *          risk is developed on both arms, blind to the arm); Burke, Hayward, Nelson & Kent (2014) Circ. Cardiovasc.
 *          Qual. Outcomes 7:163–169; Chernozhukov et al. (2018) Econometrics J. 21:C1–C68 (cross-fitting).
 */
import { fillMatrix } from "../formula/fixed-design.js";
import type { ModelFrame } from "../formula/frame.js";
import { modelFrame } from "../formula/model-frame.js";
import { parseFormula } from "../formula/parse-formula.js";
import { usedRows } from "../formula/used-rows.js";
import { fitGeneralisedLinear } from "../linear/generalised-linear.js";
import { fitLinear } from "../linear/linear.js";
import { type Matrix, timesVector } from "../numeric/matrix.js";
import { type RandomStream, shuffleInPlace } from "../numeric/random-stream.js";
import { crossFitFailed, joinedMessages, type Problem, ProblemError, toReported } from "../problem.js";
import type { Table } from "../table/table.js";

export interface RiskModel {
  /** `not_on_track ~ ors_0 + age`: a 0/1 outcome by logistic regression, another number by a linear model. */
  readonly formula: string;
  readonly folds: number;
  /** Rows that the model may be fitted to: 1. */
  readonly fittedTo: Uint8Array;
  readonly fittedToText: string;
}

/**
 * The linear predictor of each participant's risk (log odds of a 0/1 outcome), on every row of the participant; NaN where
 * a predictor is missing. The first row of a participant is taken for all.
 *
 * @param participants  code of each row's participant, −1 missing.
 * @param units         code of each row's unit.
 * @param stream        null: no folds, one model of all clients, to see whether the model can be fitted at all.
 * @throws ProblemError what is wrong with formula or data, or a fold in which the model cannot be fitted.
 */
export function crossFittedRisk(
  table: Table,
  { formula: text, folds, fittedTo, fittedToText }: RiskModel,
  participants: Int32Array,
  units: Int32Array,
  stream: RandomStream | null,
  path: string,
): Float64Array {
  const formula = parseFormula(text, { path });
  const firstRows = firstRowOfEach(participants);
  const keep = Uint8Array.from(fittedTo, (is, row) => (is === 1 && firstRows[row] === row ? 1 : 0));
  const frame = modelFrame({ formula, table, where: { text: fittedToText, keep }, path });
  const isFirst = Uint8Array.from(firstRows, (first, row) => (first === row ? 1 : 0));
  const { rows } = usedRows(table, frame.design.columns, { text: "", keep: isFirst });
  const problems: Problem[] = [];
  const X = fillMatrix(frame.design, table, rows, path, problems);
  if (problems.length > 0) throw new ProblemError(problems);

  const fold = stream === null ? new Int32Array(table.rows) : foldsWithin(rows, units, folds, stream);
  const perFold = stream === null ? 1 : folds;
  const isBinary = frame.response.every((y) => y === 0 || y === 1);
  const risk = new Float64Array(table.rows).fill(Number.NaN);
  for (let k = 0; k < perFold; k++) {
    const coef = coefficients(frame, (row) => stream === null || fold[row] !== k, isBinary, k, path);
    const eta = timesVector(X, coef);
    rows.forEach((row, i) => {
      if (stream === null || fold[row] === k) risk[row] = eta[i]!;
    });
  }
  return risk.map((_, row) => (firstRows[row]! < 0 ? Number.NaN : risk[firstRows[row]!]!));
}

/**
 * Folds of clients: those of each unit in random order, dealt out in turn, so that every unit is spread over all folds and
 * the folds are of the same size, but for one.
 *
 * @param rows  one of each client.
 * @returns     by row of the table; 0 for rows that are not among them.
 */
export function foldsWithin(rows: Int32Array, units: Int32Array, folds: number, stream: RandomStream): Int32Array {
  const byUnit = new Map<number, number[]>();
  for (const row of rows) byUnit.set(units[row]!, [...(byUnit.get(units[row]!) ?? []), row]);
  const fold = new Int32Array(units.length);
  let dealt = 0;
  for (const unit of [...byUnit.keys()].sort((a, b) => a - b)) {
    const order = Int32Array.from(byUnit.get(unit)!);
    shuffleInPlace(order, stream);
    for (const row of order) fold[row] = dealt++ % folds;
  }
  return fold;
}

/** For each row the first row of its participant; −1 where that is missing. */
function firstRowOfEach(participants: Int32Array): Int32Array {
  const first = new Map<number, number>();
  return Int32Array.from(participants, (code, row) => {
    if (code < 0) return -1;
    if (!first.has(code)) first.set(code, row);
    return first.get(code)!;
  });
}

function coefficients(
  frame: ModelFrame,
  isUsed: (row: number) => boolean,
  isBinary: boolean,
  fold: number,
  path: string,
): Float64Array {
  const used = [...frame.rows.keys()].filter((i) => isUsed(frame.rows[i]!));
  const part = {
    ...frame,
    rows: Int32Array.from(used, (i) => frame.rows[i]!),
    response: Float64Array.from(used, (i) => frame.response[i]!),
    X: rowsOf(frame.X, used),
    offset: frame.offset === null ? null : Float64Array.from(used, (i) => frame.offset![i]!),
  };
  try {
    const fit = isBinary ? fitGeneralisedLinear(part, { family: "binomial", path }) : fitLinear(part, { path });
    if (fit.converged) return fit.coef;
    throw new ProblemError([crossFitFailed(path, fold + 1, joinedMessages(fit.problems))]);
  } catch (thrown) {
    if (!(thrown instanceof ProblemError) || thrown.problems[0]?.code === "risk.not-fitted") throw thrown;
    throw new ProblemError([crossFitFailed(path, fold + 1, joinedMessages(thrown.problems.map(toReported)))]);
  }
}

function rowsOf({ cols, data }: Matrix, rows: readonly number[]): Matrix {
  const values = new Float64Array(rows.length * cols);
  rows.forEach((row, i) => {
    values.set(data.subarray(row * cols, (row + 1) * cols), i * cols);
  });
  return { rows: rows.length, cols, data: values };
}
