/** How the columns of a dictionary that are scores (`score`) and classes of change (`classify`) are made. */
import type { Classify, Dictionary, Score } from "../table/dictionary.js";
import type { ColumnMaker } from "../table/made-column.js";
import type { Column } from "../table/table.js";
import { changeClass } from "./clinical-change.js";
import { type DeclaredChange, declaredChange, ruleAt } from "./declared-change.js";
import type { Instrument } from "./instruments.js";
import { type InstrumentDeclarations, resolveInstrument } from "./resolve-instrument.js";
import { type ScoringRule, scoreOf } from "./scoring.js";

/** By the name of the column. Declarations that are not complete are left out: checking the plan says why. */
export function columnMakers(
  dictionary: Dictionary,
  declared: InstrumentDeclarations = {},
): ReadonlyMap<string, ColumnMaker> {
  const makers = new Map<string, ColumnMaker>();
  for (const [name, { score, classify }] of Object.entries(dictionary)) {
    if (score !== undefined) {
      const instrument = score.instrument === undefined ? null : resolveInstrument(score.instrument, declared);
      makers.set(name, scoreMaker(score, scoringRule(score, instrument)));
    }
    if (classify !== undefined) {
      const instrument = resolveInstrument(classify.instrument, declared);
      const found = instrument === null ? null : declaredChange(classify, instrument);
      if (found !== null && "change" in found) makers.set(name, classMaker(classify, found.change));
    }
  }
  return makers;
}

/** The rule of a score: what the column says, then what the instrument has, then a sum without missing items. */
export function scoringRule(score: Score, instrument: Instrument | null): ScoringRule {
  const own = instrument?.items;
  const isReversed = (column: string, i: number): boolean =>
    score.reversed === undefined ? (own?.reversed.includes(i + 1) ?? false) : score.reversed.includes(column);
  return {
    of: score.of ?? own?.of ?? "sum",
    reversed: score.items.map(isReversed),
    itemRange: score.range ?? own?.range ?? null,
    allowMissing: score.missing?.allow ?? own?.allowMissing ?? 0,
  };
}

const scoreMaker = ({ items }: Score, rule: ScoringRule): ColumnMaker => ({
  needs: items,
  cells: (columns, rows) => {
    const answers = items.map((item) => numbersOf(columns.get(item)!));
    return Array.from({ length: rows }, (_, row) =>
      scoreOf(
        answers.map((values) => values[row]!),
        rule,
      ),
    );
  },
});

function classMaker({ before, after, is }: Classify, change: DeclaredChange): ColumnMaker {
  const by = change.cutOff.kind === "by" ? change.cutOff.column : null;
  return {
    needs: [before, after, ...(by === null ? [] : [by])],
    cells: (columns, rows) => {
      const [x, y] = [numbersOf(columns.get(before)!), numbersOf(columns.get(after)!)];
      return Array.from({ length: rows }, (_, row) => {
        const rule = ruleAt(change, by === null ? null : levelAt(columns.get(by)!, row));
        if (rule === null || Number.isNaN(x[row]!) || Number.isNaN(y[row]!)) return null;
        const found = changeClass(x[row]!, y[row]!, rule);
        return is === undefined ? found : is.includes(found) ? 1 : 0;
      });
    },
  };
}

const numbersOf = (column: Column): Float64Array =>
  column.kind === "number" ? column.values : new Float64Array(column.codes.length).fill(Number.NaN);

/** The level of a row of a factor, or its number as text; null when missing. */
export function levelAt(column: Column, row: number): string | null {
  if (column.kind === "category") return column.levels[column.codes[row]!] ?? null;
  const value = column.values[row]!;
  return Number.isNaN(value) ? null : String(value);
}
