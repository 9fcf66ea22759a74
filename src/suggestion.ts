/** The candidate that a misspelt word was probably meant to be, for "Did you mean …?". */
import { distance } from "fastest-levenshtein";

/**
 * The closest of `candidates` in edits (letter case aside), the first on ties; undefined when none is
 * near: more than two letters in five differ, one letter being always allowed.
 */
export function suggest(word: string, candidates: Iterable<string>): string | undefined {
  const lower = word.toLowerCase();
  let best: string | undefined;
  let fewest = Math.max(1, Math.floor(0.4 * word.length)) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= fewest) continue;
    const edits = isSwap(lower, candidate.toLowerCase()) ? 1 : distance(lower, candidate.toLowerCase());
    if (edits < fewest) {
      fewest = edits;
      best = candidate;
    }
  }
  return best;
}

/** Whether two words differ in one pair of neighbouring letters that changed places: "amr" for "arm". */
function isSwap(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  const at = [...a].findIndex((_, i) => a[i] !== b[i]);
  return at >= 0 && a[at] === b[at + 1] && a[at + 1] === b[at] && a.slice(at + 2) === b.slice(at + 2);
}
