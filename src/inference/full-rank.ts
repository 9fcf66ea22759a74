/** The QR of a design that must have full column rank; says which columns depend on which when it has not. */
import type { Matrix } from "../numeric/matrix.js";
import { type Qr, qr } from "../numeric/qr.js";
import { aliasedColumns, ProblemError, type ReportedProblem, tooFewRows } from "../problem.js";

/** Problems of a design n×p: aliased columns by name, fewer rows than coefficients. Empty when it can be fitted. */
export function rankProblems(X: Matrix, { aliased }: Qr, names: readonly string[], path: string): ReportedProblem[] {
  if (X.rows <= X.cols) return [tooFewRows(path, X.rows, X.cols)];
  return aliased.map(({ column, of }) =>
    aliasedColumns(
      path,
      names[column]!,
      of.map((part) => names[part.column]!),
    ),
  );
}

/**
 * @param rhs  Rotated along, or null.
 * @throws ProblemError `frame.aliased`, one problem per dependent column, or `frame.too-few-rows`.
 */
export function fullRankQr(X: Matrix, names: readonly string[], rhs: Float64Array | null, path = ""): Qr {
  const decomposition = qr(X, rhs);
  const problems = rankProblems(X, decomposition, names, path);
  if (problems.length > 0) throw new ProblemError(problems);
  return decomposition;
}
