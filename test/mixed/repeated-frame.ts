/** Frames for models whose formula holds `us(visit | participant)`, and the factors that the fit takes. */
import type { CovarianceStructure } from "../../src/formula/formula.js";
import type { ModelFrame } from "../../src/formula/frame.js";
import { modelFrame } from "../../src/formula/model-frame.js";
import { parseFormula } from "../../src/formula/parse-formula.js";
import {
  fitRepeatedMeasures,
  type RepeatedMeasures,
  type RepeatedMeasuresFit,
  type RepeatedMeasuresOptions,
} from "../../src/mixed/repeated-measures.js";
import type { Table } from "../../src/table/table.js";

export const repeatedFrame = (table: Table, formula: string): ModelFrame =>
  modelFrame({ formula: parseFormula(formula), table, specials: ["covariance"] });

export function measuresOf(frame: ModelFrame): { measures: RepeatedMeasures; structure: CovarianceStructure } {
  const { term, group, visit } = frame.special[0]!;
  if (term.kind !== "covariance") throw new Error("no covariance term");
  const measures = { participant: term.group, visit: term.visit, participants: group, visits: visit! };
  return { measures, structure: term.structure };
}

export function fitFormula(
  table: Table,
  formula: string,
  options: Omit<RepeatedMeasuresOptions, "structure"> = {},
): RepeatedMeasuresFit {
  const frame = repeatedFrame(table, formula);
  const { measures, structure } = measuresOf(frame);
  return fitRepeatedMeasures(frame, measures, { structure, ...options });
}
