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
    const edits = distance(lower, candidate.toLowerCase());
    if (edits < fewest) {
      fewest = edits;
      best = candidate;
    }
  }
  return best;
}
