/** Whether the outcome is what its family needs: 0/1, or counts. */
import type { Frame } from "../formula/frame.js";
import type { FamilyName } from "../inference/family.js";
import { inCell, outcomeNotBinary, outcomeNotCount, type Problem } from "../problem.js";
import { ProblemList } from "../table/problem-list.js";
import type { Table } from "../table/table.js";

/** One problem for each row whose outcome the family cannot have, with its line; the first twenty, and how many more. */
export function outcomeProblems(frame: Frame, { name: file, lines }: Table, family: FamilyName): Problem[] {
  if (family === "gaussian") return [];
  const { response, responseName: name, rows } = frame;
  const problems = new ProblemList();
  response.forEach((value, i) => {
    const fits = family === "binomial" ? value === 0 || value === 1 : value >= 0 && Number.isInteger(value);
    if (fits) return;
    const row = rows[i]!;
    const path = inCell(file, lines?.[row] ?? row + 1, name);
    problems.add(family, () =>
      family === "binomial" ? outcomeNotBinary(path, name, value) : outcomeNotCount(path, name, value),
    );
  });
  return problems.all();
}
