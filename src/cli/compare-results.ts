/** Two results files, value by value, bit by bit. */

export interface Difference {
  /** `analyses[primary].estimates[coefficient:month].se`. */
  readonly path: string;
  /** As JSON; `nothing` where there is no such value. */
  readonly before: string;
  readonly now: string;
}

export interface Comparison {
  /** The first number of an analysis that differs; else the first of what differs at all; null when nothing does. */
  readonly first: Difference | null;
  readonly differences: number;
  readonly numbers: number;
}

/**
 * Compare two values as JSON has them. Lists are compared in order; their members are called by their `id` or `name`.
 * Numbers are the same only when every bit is.
 */
export function compareResults(before: unknown, now: unknown): Comparison {
  let first: Difference | null = null;
  let isOfAnalysis = false;
  let differences = 0;
  let numbers = 0;

  const visit = (a: unknown, b: unknown, path: string): void => {
    if (typeof a === "number" || typeof b === "number") numbers++;
    if (isKeyed(a) && isKeyed(b) && Array.isArray(a) === Array.isArray(b)) {
      for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
        visit(memberOf(a, key), memberOf(b, key), join(path, key, a, b));
      }
    } else if (!Object.is(a, b)) {
      differences++;
      const isNumber = path.startsWith("analyses") && (typeof a === "number" || typeof b === "number");
      if (first === null || (isNumber && !isOfAnalysis)) {
        first = { path, before: asText(a), now: asText(b) };
        isOfAnalysis = isNumber;
      }
    }
  };
  visit(before, now, "");
  return { first, differences, numbers };
}

type Keyed = Readonly<Record<string, unknown>>;
const isKeyed = (value: unknown): value is Keyed => typeof value === "object" && value !== null;
const memberOf = (object: Keyed, key: string): unknown => (Object.hasOwn(object, key) ? object[key] : undefined);

function join(path: string, key: string, a: Keyed, b: Keyed): string {
  if (!Array.isArray(a)) return path === "" ? key : `${path}.${key}`;
  return `${path}[${labelOf(a[Number(key)]) ?? labelOf(memberOf(b, key)) ?? key}]`;
}

function labelOf(item: unknown): string | undefined {
  if (!isKeyed(item)) return undefined;
  const label = item["id"] ?? item["name"] ?? item["code"];
  return typeof label === "string" ? label : undefined;
}

function asText(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
