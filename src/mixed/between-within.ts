/**
 * Between–within (inner–outer) degrees of freedom for nested grouping factors: a coefficient is tested
 * at the innermost level at which its column still varies. With m_i the number of groups at level i
 * (m_0 = 1 with an intercept, else 0; m_{Q+1} = n) and p_i the columns tested there,
 *     df_i = m_i − (m_{i−1} + p_i).
 *
 * Source: Pinheiro & Bates (2000) Mixed-Effects Models in S and S-PLUS, sec. 2.4.2.
 */
import type { RegressionFrame } from "../formula/frame.js";
import type { Denominator } from "../inference/fit.js";
import type { Matrix } from "../numeric/matrix.js";
import { notNested, type Problem } from "../problem.js";

/** Degrees of freedom by contrast: the smallest among the coefficients that it uses; or the problem, when factors cross. */
export function betweenWithin(frame: RegressionFrame, path = ""): ((L: Matrix) => Denominator) | Problem {
  const { X, Z, names, response } = frame;
  const n = response.length;
  const groups = [...new Map(Z.map((term) => [term.group, term])).values()].sort(
    (a, b) => a.levels.length - b.levels.length,
  );
  for (let i = 1; i < groups.length; i++)
    if (!isNested(groups[i]!.codes, groups[i]!.levels.length, groups[i - 1]!.codes))
      return notNested(path, groups[i]!.group, groups[i - 1]!.group);

  // Level 1 is the outermost factor, level Q + 1 the rows.
  const hasIntercept = names.includes("(Intercept)");
  const levelOf = names.map((name, column) => {
    if (name === "(Intercept)") return groups.length + 1;
    const outer = groups.findIndex(({ codes, levels }) => isConstantWithin(X, column, codes, levels.length));
    return outer === -1 ? groups.length + 1 : outer + 1;
  });
  const sizes = [hasIntercept ? 1 : 0, ...groups.map(({ levels }) => levels.length), n];
  const dfAt = sizes.map((size, level) => {
    if (level === 0) return Number.NaN;
    const tested = names.filter((name, j) => name !== "(Intercept)" && levelOf[j] === level).length;
    return size - (sizes[level - 1]! + tested);
  });
  return (L) => {
    let df = Number.POSITIVE_INFINITY;
    for (let row = 0; row < L.rows; row++)
      for (let j = 0; j < L.cols; j++) if (L.data[row * L.cols + j] !== 0) df = Math.min(df, dfAt[levelOf[j]!]!);
    return { df, scale: 1 };
  };
}

/** Whether each level of `inner` lies within one level of `outer`. */
function isNested(inner: Int32Array, levels: number, outer: Int32Array): boolean {
  const home = new Int32Array(levels).fill(-1);
  for (let row = 0; row < inner.length; row++) {
    const level = inner[row]!;
    if (home[level] === -1) home[level] = outer[row]!;
    else if (home[level] !== outer[row]) return false;
  }
  return true;
}

function isConstantWithin({ data, cols }: Matrix, column: number, codes: Int32Array, levels: number): boolean {
  const first = new Float64Array(levels).fill(Number.NaN);
  for (let row = 0; row < codes.length; row++) {
    const value = data[row * cols + column]!;
    const level = codes[row]!;
    if (Number.isNaN(first[level]!)) first[level] = value;
    else if (first[level] !== value) return false;
  }
  return true;
}
