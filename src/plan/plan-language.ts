/** Texts of a plan that are written in several languages: `label: { en: age, sv: ålder }`. */

/** Languages of reports. */
export const LANGUAGES = ["en", "sv"] as const;
export type Language = (typeof LANGUAGES)[number];

/** Results, messages and names are in this one. */
export const RESULTS_LANGUAGE: Language = "en";

type Keyed = Readonly<Record<string, unknown>>;
const isKeyed = (value: unknown): value is Keyed =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * A plan as its file has it, with the titles and labels in one language: that one, or the only one that there is. What is
 * not as the plan format has it stays as it is, for the check of the plan.
 */
export function inLanguage(plan: unknown, language: Language): unknown {
  if (!isKeyed(plan)) return plan;
  const { columns, analyses } = plan;
  return {
    ...withText(plan, "title", language),
    ...(isKeyed(columns)
      ? {
          columns: Object.fromEntries(
            Object.entries(columns).map(([name, column]) => [name, withText(column, "label", language)]),
          ),
        }
      : {}),
    ...(Array.isArray(analyses)
      ? { analyses: analyses.map((analysis: unknown) => analysisInLanguage(analysis, language)) }
      : {}),
  };
}

/** Its title, and the labels of definitions of dropout. */
function analysisInLanguage(analysis: unknown, language: Language): unknown {
  const titled = withText(analysis, "title", language);
  if (!isKeyed(titled) || !Array.isArray(titled.definitions)) return titled;
  return {
    ...titled,
    definitions: titled.definitions.map((definition: unknown) => withText(definition, "label", language)),
  };
}

function withText<V>(owner: V, key: "title" | "label", language: Language): V {
  if (!isKeyed(owner) || !isKeyed(owner[key])) return owner;
  const texts = owner[key];
  const isComplete = Object.entries(texts).every(
    ([name, text]) => (LANGUAGES as readonly string[]).includes(name) && typeof text === "string" && text !== "",
  );
  const text = texts[language] ?? Object.values(texts)[0];
  return isComplete && text !== undefined ? { ...owner, [key]: text } : owner;
}
