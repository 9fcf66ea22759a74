/** Which rows end because the next row of the same participant begins, so that nobody was censored there. */
import type { SurvivalFrame } from "../formula/survival-frame.js";

/** n: 1 where observation goes on in another row of the participant, of the same group; all 0 without starts. */
export function continuedRows(
  { outcome: { start, time }, participant }: Pick<SurvivalFrame, "outcome" | "participant">,
  group: { readonly codes: Int32Array },
): Uint8Array {
  const continued = new Uint8Array(time.length);
  if (start === null || participant === null) return continued;
  const key = (row: number, at: number): string => `${participant.codes[row]} ${group.codes[row]} ${at}`;
  const begins = new Set(Array.from(start, (at, row) => key(row, at)));
  time.forEach((at, row) => {
    if (begins.has(key(row, at))) continued[row] = 1;
  });
  return continued;
}
