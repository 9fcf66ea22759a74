/** The groups whose curves are compared: the combinations of the factors on the right of `~` that rows have. */
import { codesByLevels, levelsInUse } from "../formula/factor-levels.js";
import type { DesignVariable } from "../formula/fixed-design.js";
import type { GroupingFactor } from "../formula/grouping-factor.js";
import type { SurvivalFrame } from "../formula/survival-frame.js";
import { type Problem, survivalGroupNotFactor } from "../problem.js";
import type { Table } from "../table/table.js";

export interface SurvivalGroups extends GroupingFactor {
  /** For results, in the order of `levels`: `arm[TAU]`, `arm[TAU],sex[man]`; `all` without a factor. */
  readonly names: readonly string[];
  /** For readers: `TAU`, `TAU, man`; "" without a factor. These are `levels`. */
  readonly levels: readonly string[];
  /** The columns of the factors. */
  readonly columns: readonly string[];
}

/** A factor of the formula over the rows used. */
interface Factor {
  readonly name: string;
  readonly column: string;
  readonly levels: readonly string[];
  readonly codes: Int32Array;
}

/**
 * Groups in the order of the plan, the last factor fastest. Factors, `factor(x)` and 0/1 columns make groups; the error
 * `survival.group-not-factor` is appended for another one, which is left out.
 */
export function survivalGroups(frame: SurvivalFrame, table: Table, path: string, problems: Problem[]): SurvivalGroups {
  const factors = frame.design.variables.flatMap((variable): Factor[] => {
    const column = columnOfGroup(variable, table);
    if (column === null) {
      problems.push(survivalGroupNotFactor(path, variable.name));
      return [];
    }
    const values = table.columns.get(column)!;
    const levels = levelsInUse(values, frame.rows);
    return [{ name: variable.name, column, levels, codes: codesByLevels(values, levels, frame.rows).codes }];
  });
  const n = frame.rows.length;
  if (factors.length === 0) return { names: ["all"], levels: [""], columns: [], codes: new Int32Array(n) };
  const combination = new Int32Array(n);
  for (const { codes, levels } of factors) {
    for (let i = 0; i < n; i++) combination[i] = combination[i]! * levels.length + codes[i]!;
  }
  const inUse = [...new Set(combination)].sort((a, b) => a - b);
  const codeOf = new Map(inUse.map((value, code) => [value, code]));
  const parts = inUse.map((value) => partsOf(value, factors));
  return {
    names: parts.map((levels) => levels.map((level, f) => `${factors[f]!.name}[${level}]`).join(",")),
    levels: parts.map((levels) => levels.join(", ")),
    columns: factors.map(({ column }) => column),
    codes: combination.map((value) => codeOf.get(value)!),
  };
}

/** The column when a variable makes groups, else null. */
function columnOfGroup(variable: DesignVariable, table: Table): string | null {
  if (variable.kind === "factor") return variable.column;
  if (variable.kind !== "number" || variable.expression.kind !== "name") return null;
  return table.columns.get(variable.name)?.type === "binary" ? variable.name : null;
}

/** The level of each factor in a combination. */
function partsOf(combination: number, factors: readonly Factor[]): string[] {
  const parts: string[] = [];
  let rest = combination;
  for (const { levels } of factors.toReversed()) {
    parts.unshift(levels[rest % levels.length]!);
    rest = Math.floor(rest / levels.length);
  }
  return parts;
}

/** Rows of each group. */
export function rowsByGroup({ codes, levels }: GroupingFactor): Int32Array[] {
  const counts = new Int32Array(levels.length);
  for (const code of codes) counts[code]!++;
  const rows = Array.from(counts, (count) => new Int32Array(count));
  const filled = new Int32Array(levels.length);
  codes.forEach((code, i) => {
    rows[code]![filled[code]!++] = i;
  });
  return rows;
}
