/** Every Swedish text of the source is Swedish: those of problems, and those of report and figures. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as ts from "typescript";
import { describe, expect, it } from "vitest";
import { englishIn } from "./english-words.js";

const source = fileURLToPath(new URL("../../src", import.meta.url));
const parsed = (file: string): ts.SourceFile =>
  ts.createSourceFile(file, readFileSync(`${source}/${file}`, "utf8"), ts.ScriptTarget.Latest, true);

/** The texts within a node, without what is between the parts of a template. */
function literalsIn(node: ts.Node): string[] {
  const found: string[] = [];
  const visit = (one: ts.Node): void => {
    // What code compares with, looks up or imports is no text.
    if (ts.isBinaryExpression(one) && one.operatorToken.kind !== ts.SyntaxKind.PlusToken) {
      if (one.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken) ts.forEachChild(one, visit);
      return;
    }
    if (ts.isTypeNode(one) || ts.isElementAccessExpression(one) || ts.isImportDeclaration(one)) return;
    // Of a call and of a property their names are no text either.
    const parts = ts.isPropertyAssignment(one) ? [one.initializer] : ts.isCallExpression(one) ? one.arguments : null;
    if (parts !== null) {
      for (const part of parts) visit(part);
      return;
    }
    if (ts.isStringLiteralLike(one) || ts.isTemplateHead(one) || ts.isTemplateMiddleOrTemplateTail(one)) {
      found.push(one.text);
    }
    ts.forEachChild(one, visit);
  };
  visit(node);
  return found;
}

const wrongIn = (texts: readonly string[]): string[] =>
  texts.filter((text) => englishIn(text).length > 0).map((text) => `${englishIn(text).join(", ")}: ${text}`);

describe("Swedish", () => {
  it("is the message of every problem that results carry", () => {
    const messages: string[] = [];
    const visit = (node: ts.Node): void => {
      if (ts.isCallExpression(node) && ["warning", "note", "failure"].includes(node.expression.getText())) {
        expect(node.arguments).toHaveLength(4);
        messages.push(...literalsIn(node.arguments[3]!));
      }
      if (ts.isPropertyAssignment(node) && node.name.getText() === "sv") messages.push(...literalsIn(node.initializer));
      ts.forEachChild(node, visit);
    };
    visit(parsed("problem.ts"));
    expect(messages.length).toBeGreaterThan(150);
    expect(wrongIn(messages)).toEqual([]);
  });

  const files = ["report", "figure"].flatMap((area) =>
    readdirSync(`${source}/${area}`)
      .filter((name) => name.endsWith("texts.ts"))
      .map((name) => `${area}/${name}`),
  );
  it.each(files)("are the Swedish texts of %s", (file) => {
    const texts: string[] = [];
    ts.forEachChild(parsed(file), (node) => {
      if (ts.isFunctionDeclaration(node) && node.name?.text.startsWith("swedish")) texts.push(...literalsIn(node));
      if (!ts.isVariableStatement(node)) return;
      for (const { name, initializer } of node.declarationList.declarations) {
        if (name.getText().startsWith("swedish") && initializer !== undefined) texts.push(...literalsIn(initializer));
      }
    });
    expect(wrongIn(texts)).toEqual([]);
  });
});
