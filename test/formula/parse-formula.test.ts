import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { columnsOf } from "../../src/formula/expression.js";
import { columnsOfFormula, type Formula, renderTerm } from "../../src/formula/formula.js";
import { checkSpecials, parseFormula } from "../../src/formula/parse-formula.js";
import { renderFormula, renderRandom } from "../../src/formula/render-formula.js";
import { type Problem, ProblemError } from "../../src/problem.js";
import { reference } from "./model-matrix-reference.js";

const labels = ({ fixed }: Formula): string[] => fixed.terms.map((term) => renderTerm(fixed, term));
const randomOf = (text: string): string[] => parseFormula(text).random.map(renderRandom);

function problemsOf(text: string, path = ""): readonly Problem[] {
  try {
    parseFormula(text, { path });
  } catch (error) {
    if (error instanceof ProblemError) return error.problems;
    throw error;
  }
  return [];
}

const codesOf = (text: string): string[] => problemsOf(text).map(({ code }) => code);

describe("fixed terms", () => {
  it.each(reference.expanded)("expand as R's terms(): $formula", ({ formula, intercept, labels: expected }) => {
    const parsed = parseFormula(formula);
    expect(labels(parsed)).toEqual(expected);
    expect(parsed.fixed.intercept).toBe(intercept);
  });

  it("drop a variable that no term is left with", () => {
    const { fixed } = parseFormula("y ~ a + b - a");
    expect(fixed.variables.flatMap(columnsOf)).toEqual(["b"]);
  });

  it("treat a variable spaced otherwise as the same", () => {
    expect(labels(parseFormula("y ~ log( x+1 ) + log(x + 1) + ns(x, df = 3):a + ns(x,3)"))).toEqual([
      "log(x + 1)",
      "ns(x, 3)",
      "ns(x, 3):a",
    ]);
  });

  it("read Swedish letters, dots, underscores and names in backticks", () => {
    const parsed = parseFormula("`bdi efter`~ålder.år + _x + .y + Ö2 + `a ~ \\` (b`");
    expect(columnsOfFormula(parsed)).toEqual(["bdi efter", "ålder.år", "_x", ".y", "Ö2", "a ~ ` (b"]);
    expect(renderFormula(parsed)).toBe("`bdi efter` ~ ålder.år + _x + .y + Ö2 + `a ~ \\` (b`");
  });

  it("read a column named as a function is", () => {
    expect(labels(parseFormula("y ~ log + factor:us"))).toEqual(["log", "factor:us"]);
  });

  it("keep the precedence of arithmetic in I()", () => {
    const { fixed } = parseFormula("y ~ I(-a^2 - 2^-b * c / -d / e)");
    const [call] = fixed.variables;
    expect(call).toMatchObject({
      args: [
        {
          value: {
            operator: "-",
            left: { kind: "negative", operand: { operator: "^" } },
            right: {
              operator: "/",
              left: { operator: "/", left: { operator: "*", left: { operator: "^", right: { kind: "negative" } } } },
              right: { name: "e" },
            },
          },
        },
      ],
    });
  });
});

describe("random terms", () => {
  it.each([
    ["y ~ 1 + (1 | g)", ["(1 | g)"]],
    ["y ~ x + (x | g)", ["(1 + x | g)"]],
    ["y ~ x + (0 + x | g)", ["(0 + x | g)"]],
    ["y ~ x + (x - 1 | g)", ["(0 + x | g)"]],
    ["y ~ x + ((x | g))", ["(1 + x | g)"]],
    ["y ~ x + (1 | a / b)", ["(1 | a)", "(1 | a:b)"]],
    ["y ~ x + (1 | a / b / c)", ["(1 | a)", "(1 | a:b)", "(1 | a:b:c)"]],
    ["y ~ x + (1 | a:b)", ["(1 | a:b)"]],
    ["y ~ x + (1 | a) + (1 | b)", ["(1 | a)", "(1 | b)"]],
    ["y ~ x + (x || g)", ["(1 | g)", "(0 + x | g)"]],
    ["y ~ x + (0 + x + z || g)", ["(0 + x | g)", "(0 + z | g)"]],
    ["y ~ x + (x * z || g)", ["(1 | g)", "(0 + x | g)", "(0 + z | g)", "(0 + x:z | g)"]],
    ["y ~ x + (x || a / b)", ["(1 | a)", "(1 | a:b)", "(0 + x | a)", "(0 + x | a:b)"]],
    ["y ~ x + (0 + fit | therapist) + (0 + tau | therapist)", ["(0 + fit | therapist)", "(0 + tau | therapist)"]],
    ["y ~ (x + (1 | g)) + z", ["(1 | g)"]],
  ])("expand as lme4's: %s", (text, expected) => {
    expect(randomOf(text)).toEqual(expected);
  });

  it("know where they are written", () => {
    expect(parseFormula("y ~ x + (1 | g)").random[0]!.at).toBe(12);
  });
});

describe("terms for particular models", () => {
  it("are kept apart, with the outcome as a call", () => {
    const parsed = parseFormula("Surv(start, stop, event) ~ arm + strata(sex, site) + cluster(unit) + frailty(id)");
    expect(labels(parsed)).toEqual(["arm"]);
    expect(parsed.response).toMatchObject({ kind: "call", name: "Surv" });
    expect(parsed.special).toEqual([
      { kind: "strata", columns: ["sex", "site"], at: 34 },
      { kind: "cluster", column: "unit", at: 54 },
      { kind: "frailty", column: "id", distribution: "gamma", at: 70 },
    ]);
  });

  it.each(["us", "cs", "csh", "ar1", "ar1h", "ad", "adh", "toep", "toeph"])("read the covariance %s", (structure) => {
    const { special } = parseFormula(`y ~ arm * visit + ${structure}(visit | participant)`);
    expect(special).toEqual([{ kind: "covariance", structure, visit: "visit", group: "participant", at: 19 }]);
  });

  it("are problems for a model that does not take them", () => {
    const parsed = parseFormula("y ~ x + us(visit | id) + cluster(g)");
    expect(checkSpecials(parsed, ["covariance", "cluster"])).toEqual([]);
    const [problem, ...others] = checkSpecials(parsed, ["cluster"], 'analysis "primary"');
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ code: "formula.special-not-taken", path: 'analysis "primary"' });
    expect(problem!.message).toContain("us(visit | id) (character 9 of the formula)");
  });

  it("tell their columns last", () => {
    const parsed = parseFormula("log(y) ~ cluster(u) + offset(log(n)) + (z | a / b) + x:w");
    expect(columnsOfFormula(parsed)).toEqual(["y", "x", "w", "z", "a", "b", "n", "u"]);
  });
});

describe("problems of a formula", () => {
  it.each([
    ["", "formula.empty", "is empty"],
    ["y + x", "formula.tilde", 'has no "~"'],
    ["y ~ a ~ b", "formula.tilde", "at characters 3, 7"],
    ["~ a", "formula.empty-side", "no outcome to the left"],
    ["y ~ ", "formula.empty-side", "nothing to the right"],
    ["y ~ a + (b + c", "formula.unbalanced-parenthesis", 'opened at character 9 of the formula, in "y ~ a + (b + c"'],
    ["y ~ a + b) + c", "formula.unbalanced-parenthesis", "closed at character 10"],
    ["(y ~ a", "formula.unbalanced-parenthesis", "opened at character 1"],
    ["y ~ a +", "formula.stray-operator", '"+" at character 7'],
    ["y + ~ a", "formula.stray-operator", '"+" at character 3'],
    ["y ~ a + * b", "formula.stray-operator", '"*" at character 9'],
    ["y ~ log()", "formula.arguments", "log() at character 5 of the formula takes one number"],
    ["y ~ ()", "formula.stray-operator", '")" at character 6'],
    ["y ~ (1 | )", "formula.stray-operator", '")" at character 10'],
    ["y ~ log(a,)", "formula.stray-operator", '")" at character 11'],
    ["y ~ a b", "formula.missing-operator", '"b" at character 7'],
    ["y ~ a (b)", "formula.unknown-function", '"a" at character 5'],
    ["y ~ 2x", "formula.missing-operator", '"x" at character 6'],
    ["y ~ a, b", "formula.stray-operator", '"," at character 6'],
    ["y ~ I(a > 3)", "formula.unexpected-character", '">" at character 9'],
    ["y ~ a + `b", "formula.unclosed-quote", "character 9"],
    ["y ~ sqr(a)", "formula.unknown-function", 'Did you mean "sqrt"? Known: log, log2'],
    ["y ~ constructor(a)", "formula.unknown-function", '"constructor"'],
    ["y ~ poly(a, 2)", "formula.unknown-function", '"poly" at character 5'],
    ["y ~ log(a, 2)", "formula.arguments", "one number: log(x)"],
    ["y ~ factor(a + b)", "formula.arguments", "one column: factor(x)"],
    ["y ~ ns(a)", "formula.arguments", "ns(x, 3)"],
    ["y ~ ns(a, 2.5)", "formula.arguments", "ns(x, 3)"],
    ["y ~ ns(a, 0)", "formula.arguments", "ns(x, 3)"],
    ["y ~ ns(a, knots = 3)", "formula.arguments", "ns(x, 3)"],
    ["y ~ offset(a, b)", "formula.arguments", "offset(x)"],
    ["Surv(t) ~ a", "formula.arguments", "Surv(time, event)"],
    ["y ~ frailty(g, beta)", "formula.arguments", "frailty(g, gamma)"],
    ["y ~ cluster(a, b)", "formula.arguments", "cluster(g)"],
    ["y ~ strata()", "formula.arguments", "strata(s)"],
    ["y ~ us(visit, id)", "formula.arguments", "us(visit | participant)"],
    ["y ~ us(visit | a:b)", "formula.arguments", "us(visit | participant)"],
    ["y ~ 2 * a", "formula.not-here", "Put arithmetic inside I()"],
    ["y ~ a - 3", "formula.not-here", '"3" cannot stand at character 9'],
    ["y ~ a * 1", "formula.not-here", '"1" cannot stand at character 9'],
    ["y ~ a:-b", "formula.not-here", '"-b"'],
    ["y ~ (a + b)^c", "formula.not-here", "whole number from 1 to 20"],
    ["y ~ a^2", "formula.power-of-one", "Write I(a^2)"],
    ["y ~ a | g", "formula.not-here", "Write it in parentheses: (a | g)"],
    ["y ~ a - (1 | g)", "formula.not-here", "can only be added"],
    ["y ~ a * (1 | g)", "formula.not-here", "can only be added"],
    ["y ~ a:offset(b)", "formula.not-here", "can only be added"],
    ["y ~ a - strata(b)", "formula.not-here", "can only be added"],
    ["y ~ (offset(a) | g)", "formula.not-here", "outside this random term"],
    ["y ~ (1 | a + b)", "formula.not-here", "(1 | a) + (1 | b)"],
    ["y ~ (1 | a * b)", "formula.not-here", "(1 | a) + (1 | b)"],
    ["y ~ (0 | g)", "formula.not-here", "This random term is empty"],
    ["y ~ log(a:b)", "formula.not-here", "as arithmetic"],
    ["y ~ log(factor(a))", "formula.not-here", "factor()"],
    ["factor(y) ~ a", "formula.not-here", "factor()"],
    ["1 ~ a", "formula.not-here", "The outcome is a column"],
    ["y ~ a + y", "formula.response-on-right", '"y"'],
    ["y ~ a + (y | g)", "formula.response-on-right", '"y"'],
    ["log(y) ~ a * log( y )", "formula.response-on-right", '"log(y)"'],
    ["y ~ (1 | g) + (1 | g)", "formula.duplicate-random-term", 'a random intercept for "g"'],
    ["y ~ (1 | g) + (x | g)", "formula.duplicate-random-term", "(1 | g) and (1 + x | g)"],
    ["y ~ (0 + x | g) + (0 + x | g)", "formula.duplicate-random-term", 'a random effect of "x"'],
    ["y ~ (1 | a:b) + (1 | b:a)", "formula.duplicate-random-term", '"b:a"'],
    ["y ~ (1 | a) + (1 | a / b)", "formula.duplicate-random-term", '"a"'],
    ["y ~ I(a + 1e999)", "formula.too-large", "1e999"],
  ])("%s is %s", (text, code, message) => {
    const problems = problemsOf(text, 'analysis "primary"');
    expect(problems.map((problem) => problem.code)).toEqual([code]);
    expect(problems[0]!.message).toContain(message);
    expect(problems[0]).toMatchObject({ severity: "error", path: 'analysis "primary"' });
  });

  it("are collected", () => {
    expect(codesOf("y ~ sqr(a) + 2 * b + ns(c) + (1 | d + e) - offset(f)")).toEqual([
      "formula.unknown-function",
      "formula.not-here",
      "formula.arguments",
      "formula.not-here",
      "formula.not-here",
    ]);
    expect(codesOf("(y ~ a)")).toEqual(["formula.unbalanced-parenthesis", "formula.unbalanced-parenthesis"]);
    expect(codesOf("y ~ (a ~ b; c")).toEqual([
      "formula.unexpected-character",
      "formula.unbalanced-parenthesis",
      "formula.tilde",
    ]);
  });

  it("show the text around the place, not the whole formula", () => {
    const [problem] = problemsOf("outcome ~ first + second + third + (fourth + fifth + sixth + seventh");
    expect(problem!.message).toContain('at character 36 of the formula, in "…d + third + (fourth + fif…"');
  });

  it.each([
    ["parentheses", `y ~ ${"(".repeat(4000)}a${")".repeat(4000)}`],
    ["signs", `y ~ ${"-".repeat(9000)}a`],
    ["sums", `y ~ ${"a+".repeat(4500)}b`],
    ["sums in I()", `y ~ I(${"a+".repeat(4500)}b)`],
    ["powers", `y ~ I(${"a^".repeat(900)}b)`],
    ["length", `y ~ ${"a".repeat(20_000)}`],
    ["terms", "y ~ (a + b + c + d + e + f + g + h + i + j + k + l)^12"],
    ["products", `y ~ ${Array.from({ length: 30 }, (_, i) => `a${i}`).join("*")}`],
  ])("refuse too much of %s", (_, text) => {
    expect(codesOf(text)).toEqual(["formula.too-large"]);
  });

  it("take long but reasonable formulas", () => {
    const names = Array.from({ length: 800 }, (_, i) => `x${i}`);
    expect(parseFormula(`y ~ ${names.join(" + ")}`).fixed.terms).toHaveLength(800);
  });
});

describe("the canonical text", () => {
  it.each([
    [
      "bdi~bdi_pre+treatment*month+(1|participant)",
      "bdi ~ bdi_pre + treatment + month + treatment:month + (1 | participant)",
    ],
    ["y ~ 1", "y ~ 1"],
    ["y ~ 0 + a", "y ~ 0 + a"],
    ["y ~ (x || g)", "y ~ 1 + (1 | g) + (0 + x | g)"],
    ["y ~ offset(log( n )) + a + us(v|p)", "y ~ a + us(v | p) + offset(log(n))"],
    ["y ~ b:a + a", "y ~ b:a + a"],
    ["y ~ a * b - a", "y ~ a:b + b"],
    ["y ~ b + c:a + b:c - b", "y ~ b + c + a - b - c - a + c:a + b:c"],
    ["y ~ I(a + -b)", "y ~ I(a + -b)"],
  ])("of %s is %s", (text, expected) => {
    expect(renderFormula(parseFormula(text))).toBe(expected);
  });

  it("is the same formula when parsed again", () => {
    fc.assert(
      fc.property(formulaText, (text) => {
        const formula = parseFormula(text);
        expect(withoutPlaces(parseFormula(renderFormula(formula)))).toEqual(withoutPlaces(formula));
      }),
      { numRuns: 500, seed: 1 },
    );
  });
});

const withoutPlaces = (formula: Formula): unknown =>
  JSON.parse(JSON.stringify(formula, (key, value) => (key === "at" || key === "text" ? undefined : value)));

const column = fc.constantFrom("a", "b", "c", "då", "`e f`");
const { arithmetic, term } = fc.letrec<{ arithmetic: string; term: string }>((tie) => ({
  arithmetic: fc.oneof(
    { maxDepth: 3 },
    column,
    fc.constantFrom("2", "0.5", "1e-7"),
    fc
      .tuple(tie("arithmetic"), fc.constantFrom("+", "-", "*", "/", "^", " - -"), tie("arithmetic"))
      .map((parts) => parts.join("")),
    fc.tuple(fc.constantFrom("(", "log(", "sqrt(", "I("), tie("arithmetic")).map(([open, x]) => `${open}${x})`),
  ),
  term: fc.oneof(
    { maxDepth: 4 },
    column,
    fc.constantFrom("log(a)", "ns(b, 3)", "factor(c)", "I(a^2)", "I( b+1 )"),
    fc
      .tuple(tie("term"), fc.constantFrom("+", "-", "*", ":", "/", " + "), tie("term"))
      .map(([left, operator, right]) => `(${left})${operator}(${right})`),
    tie("term").map((inner) => `(${inner} + a)^2`),
  ),
}));

const formulaText = fc
  .record({
    response: fc.constantFrom("y", "log(y)", "Surv(t, d)", "`y z`"),
    intercept: fc.constantFrom("", "0 + ", "1 + ", "-1 + "),
    terms: fc.array(fc.tuple(fc.constantFrom("+", "-"), term), { minLength: 1, maxLength: 4 }),
    random: fc.uniqueArray(fc.tuple(fc.constantFrom("|", "||"), fc.constantFrom("g", "h / i", "j:k"), term), {
      selector: ([, group]) => group,
      maxLength: 3,
    }),
    others: fc.subarray(["us(v | p)", "strata(s, `t u`)", "cluster(g)", "frailty(g, gaussian)"]),
    offset: fc.option(arithmetic),
  })
  .map(({ response, intercept, terms, random, others, offset }) => {
    const [[, first], ...rest] = terms as [[string, string], ...[string, string][]];
    const fixed = `${intercept}${first}${rest.map(([sign, text]) => ` ${sign} ${text}`).join("")}`;
    const parts = [
      fixed,
      ...random.map(([bar, group, text]) => `(1 + ${text} ${bar} ${group})`),
      ...others,
      ...(offset === null ? [] : [`offset(${offset})`]),
    ];
    return `${response} ~ ${parts.join(" + ")}`;
  });
