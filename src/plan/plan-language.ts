/** Texts of a plan that are written in several languages: `label: { en: age, sv: ålder }`. */

/** Languages of reports. */
export const LANGUAGES = ["en", "sv"] as const;
export type Language = (typeof LANGUAGES)[number];

/** Results, messages and names are in this one. */
export const RESULTS_LANGUAGE: Language = "en";

/** A text in each of the languages that it is given in: at least one. */
export type InLanguages = { readonly [L in Language]?: string | undefined };

/** In that language, or in the only one that there is. */
export const textIn = (texts: InLanguages, language: Language): string =>
  texts[language] ?? texts[RESULTS_LANGUAGE] ?? Object.values(texts)[0] ?? "";

/** Keys of a plan that hold a text for its readers; `*` is any key or place of a list. */
const READERS_TEXTS: readonly (readonly string[])[] = [
  ["title"],
  ["columns", "*", "label"],
  ["instruments", "*", "title"],
  ["populations", "*", "label"],
  ["analyses", "*", "title"],
  ["analyses", "*", "definitions", "*", "label"],
  ["analyses", "*", "moderators", "*", "direction"],
  ["analyses", "*", "moderators", "*", "evidence"],
  ["analyses", "*", "fidelity", "direction"],
  ["analyses", "*", "fidelity", "evidence"],
  ["analyses", "*", "risk", "direction"],
  ["analyses", "*", "risk", "evidence"],
  ["evidence", "*", "label"],
  ["estimands", "*", "question"],
  ["estimands", "*", "population"],
  ["estimands", "*", "treatment"],
  ["estimands", "*", "variable"],
  ["estimands", "*", "intercurrent", "*", "event"],
  ["estimands", "*", "summary"],
  ["sap", "*"],
];

type Keyed = Readonly<Record<string, unknown>>;
const isKeyed = (value: unknown): value is Keyed =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * A plan as its file has it, with the texts for its readers in one language: that one, or the only one that there is. What
 * is not as the plan format has it stays as it is, for the check of the plan. Names of levels and of groups of analyses
 * are in results too, which have no language of the reader: they stay, and the report finds their labels.
 */
export const inLanguage = (plan: unknown, language: Language): unknown =>
  READERS_TEXTS.reduce((value, path) => withText(value, path, language), plan);

/** The same with one text resolved, wherever the path leads. */
function withText(owner: unknown, [key, ...rest]: readonly string[], language: Language): unknown {
  if (key === undefined) return resolved(owner, language);
  if (Array.isArray(owner)) {
    return key === "*" ? owner.map((item: unknown) => withText(item, rest, language)) : owner;
  }
  if (!isKeyed(owner)) return owner;
  if (key === "*") {
    return Object.fromEntries(Object.entries(owner).map(([name, value]) => [name, withText(value, rest, language)]));
  }
  return Object.hasOwn(owner, key) ? { ...owner, [key]: withText(owner[key], rest, language) } : owner;
}

function resolved(texts: unknown, language: Language): unknown {
  if (!isKeyed(texts)) return texts;
  const isComplete =
    Object.keys(texts).length > 0 &&
    Object.entries(texts).every(
      ([name, text]) => (LANGUAGES as readonly string[]).includes(name) && typeof text === "string" && text !== "",
    );
  return isComplete ? textIn(texts as InLanguages, language) : texts;
}

/** Words that results have in one language, in another: reasons of exclusion. Those that are the same are left out. */
export function wordsIn(plan: unknown, language: Language): Readonly<Record<string, string>> {
  const populations = isKeyed(plan) && isKeyed(plan.populations) ? Object.values(plan.populations) : [];
  const rules = populations.flatMap((one) => (isKeyed(one) && Array.isArray(one.exclude) ? one.exclude : []));
  const words = rules.flatMap((rule: unknown): [string, string][] => {
    const reason = isKeyed(rule) ? rule.reason : undefined;
    const [inResults, read] = [resolved(reason, RESULTS_LANGUAGE), resolved(reason, language)];
    return typeof inResults === "string" && typeof read === "string" && inResults !== read ? [[inResults, read]] : [];
  });
  return Object.fromEntries(words);
}
