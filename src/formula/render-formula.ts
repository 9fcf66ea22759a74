/** The canonical text of an expanded formula, for `explain`. Parsing it gives the same formula again. */
import { renderExpression, renderName } from "./expression.js";
import { type Formula, type RandomPart, renderGroup, renderTerm, type SpecialTerm, type Terms } from "./formula.js";

/** `y ~ a + b + a:b + (1 + month | participant) + offset(log(days))`. */
export function renderFormula({ response, fixed, random, special, offsets }: Formula): string {
  const terms = renderTerms(fixed);
  const right = [
    ...(fixed.intercept ? [] : ["0"]),
    ...terms,
    ...random.map(renderRandom),
    ...special.map(renderSpecial),
    ...offsets.map((offset) => `offset(${renderExpression(offset)})`),
  ];
  if (fixed.intercept && terms.length === 0) right.unshift("1");
  return `${renderExpression(response)} ~ ${joinSum(right)}`;
}

/** Parts with + between them; one that starts with a minus is subtracted. */
const joinSum = (parts: readonly string[]): string =>
  parts.map((part, i) => (i === 0 ? part : part.startsWith("-") ? ` - ${part.slice(1)}` : ` + ${part}`)).join("");

/** `(1 + month | participant)`. */
export function renderRandom({ terms, group }: RandomPart): string {
  const left = [terms.intercept ? "1" : "0", ...renderTerms(terms)];
  return `(${joinSum(left)} | ${renderGroup(group)})`;
}

/** `strata(sex)`, `us(visit | participant)`. */
export function renderSpecial(term: SpecialTerm): string {
  switch (term.kind) {
    case "strata":
      return `strata(${term.columns.map(renderName).join(", ")})`;
    case "cluster":
      return `cluster(${renderName(term.column)})`;
    case "frailty":
      return `frailty(${renderName(term.column)}, ${term.distribution})`;
    case "covariance":
      return `${term.structure}(${renderName(term.visit)} | ${renderName(term.group)})`;
  }
}

/**
 * Terms in an order that, read again, gives the variables their order, which decides the names of interactions:
 * the lowest degree first, but for an interaction whose variables come before a main effect's.
 */
function renderTerms(terms: Terms): string[] {
  const waiting = [...terms.terms];
  const written: string[] = [];
  let seen = 0;
  while (waiting.length > 0) {
    const degrees = new Set<number>();
    const next = waiting.findIndex((term) => {
      const first = !degrees.has(term.length);
      degrees.add(term.length);
      return first && keepsOrder(term, seen);
    });
    if (next === -1) return renderWithOrder(terms);
    const [term] = waiting.splice(next, 1);
    written.push(renderTerm(terms, term!));
    seen = Math.max(seen, ...term!.map((v) => v + 1));
  }
  return written;
}

/** Whether the variables of a term that were not seen yet are the next ones. */
function keepsOrder(term: readonly number[], seen: number): boolean {
  return term.filter((v) => v >= seen).every((v, i) => v === seen + i);
}

/** After a removal no order of the terms may do (`b + c:a + b:c - b`): name the variables first, and take them out. */
function renderWithOrder(terms: Terms): string[] {
  const names = terms.variables.map(renderExpression);
  return [...names, ...names.map((name) => `-${name}`), ...terms.terms.map((term) => renderTerm(terms, term))];
}
