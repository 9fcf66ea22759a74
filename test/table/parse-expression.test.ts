import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type ExpressionNode,
  parseExpression,
  renderExpression,
  renderWholeExpression,
} from "../../src/table/parse-expression.js";

const read = (text: string): ExpressionNode => {
  const node = parseExpression(text, "here");
  if ("code" in node) throw new Error(`${text}: ${node.message}`);
  return node;
};

/** Plain objects without what a tree says of its text. */
const plain = (node: ExpressionNode): unknown => JSON.parse(JSON.stringify(node));

const number = (value: number): ExpressionNode => ({ type: "Literal", value, raw: String(value) });
const text = (value: string): ExpressionNode => ({ type: "Literal", value, raw: `'${value}'` });
const name = (of: string): ExpressionNode => ({ type: "Identifier", name: of });

const leaves = fc.constantFrom<ExpressionNode>(number(0), number(2.5), text("TAU"), name("x"), name("month"));
const trees = fc.letrec<{ tree: ExpressionNode }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "medium", withCrossShrink: true },
    leaves,
    fc.record({
      type: fc.constant("UnaryExpression" as const),
      operator: fc.constantFrom("-", "+", "!"),
      prefix: fc.constant(true),
      argument: tie("tree"),
    }),
    fc.record({
      type: fc.constant("BinaryExpression" as const),
      operator: fc.constantFrom("+", "-", "*", "/", "%", "==", "!=", "<", ">=", "|", "^", "&", "<<"),
      left: tie("tree"),
      right: tie("tree"),
    }),
    fc.record({
      type: fc.constant("LogicalExpression" as const),
      operator: fc.constantFrom("&&", "||"),
      left: tie("tree"),
      right: tie("tree"),
    }),
    fc.record({
      type: fc.constant("ConditionalExpression" as const),
      test: tie("tree"),
      consequent: tie("tree"),
      alternate: tie("tree"),
    }),
    fc.record({
      type: fc.constant("CallExpression" as const),
      callee: fc.constant(name("log")),
      arguments: fc.array(tie("tree"), { maxLength: 3 }),
    }),
    fc.record({
      type: fc.constant("MemberExpression" as const),
      computed: fc.constant(true),
      object: fc.constant(name("datum")),
      property: tie("tree"),
    }),
    fc.record({
      type: fc.constant("ArrayExpression" as const),
      elements: fc.array(tie("tree"), { maxLength: 3 }),
    }),
  ),
})).tree;

describe("an expression as text again", () => {
  it("reads back as the same tree", () => {
    fc.assert(
      fc.property(trees, (tree) => {
        const once = read(renderWholeExpression(tree));
        expect(plain(once)).toEqual(plain(tree));
      }),
      { numRuns: 500, seed: 1 },
    );
  });

  it.each([
    ["(x + 1) / (month * 0)", "(x + 1) / (month * 0)"],
    ["((x) + (1 * 2)) - 3", "x + 1 * 2 - 3"],
    ["x - (1 - 2)", "x - (1 - 2)"],
    ["-(-x)", "-(-x)"],
    ["!(a && b)", "!(a && b)"],
    ["(a || b) && c", "(a || b) && c"],
    ["(a ? b : c) ? d : e", "(a ? b : c) ? d : e"],
    ["(a ? b : c) > 2", "(a ? b : c) > 2"],
  ])("%s has the parentheses that it needs: %s", (written, expected) => {
    expect(renderExpression(read(written))).toBe(expected);
  });

  it("is cut for a message when it is long or deep", () => {
    expect(renderExpression(read(Array(30).fill("xx").join(" * ")))).toMatch(/^… .* xx/);
    expect(renderExpression(read(`[${"1000, ".repeat(30)}1]`))).toHaveLength(41);
  });
});

describe("a column in backticks", () => {
  it.each([
    ["`ålder i år` > 3", "datum['ålder i år']"],
    ["x > 0 && `class` == 1", "datum['class']"],
    ["`ålder > 3", "datum['its name']"],
  ])("%s", (written, expected) => {
    expect(parseExpression(written, "here")).toMatchObject({
      code: "expression.syntax",
      message: expect.stringContaining(`backticks do not quote here. `),
    });
    expect((parseExpression(written, "here") as { message: string }).message).toContain(expected);
  });

  it("is not thought to be one inside a text", () => {
    expect((parseExpression("x == '`a`' &&", "here") as { message: string }).message).toContain("it ends too early");
  });
});
