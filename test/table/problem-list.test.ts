import { expect, it } from "vitest";
import { emptyRow } from "../../src/problem.js";
import { ProblemList } from "../../src/table/problem-list.js";

it("lists twenty of a kind and counts the rest, kinds in the order of their first", () => {
  const list = new ProblemList();
  for (let i = 1; i <= 25; i++) {
    list.add("a", () => emptyRow(`a:${i}`));
    if (i <= 20) list.add("b", () => emptyRow(`b:${i}`));
  }
  const paths = list.all().map(({ path }) => path);
  expect(paths).toHaveLength(41);
  expect(paths.slice(0, 2)).toEqual(["a:1", "a:2"]);
  expect(list.all()[20]).toMatchObject({ path: "a", message: "5 more problems of this kind.", severity: "error" });
  expect(paths.at(-1)).toBe("b:20");
});
