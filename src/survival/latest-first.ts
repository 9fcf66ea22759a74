/**
 * Rows by ascending stratum and, within it, from the latest time to the earliest: the order in which risk sets only grow. The
 * numbers are sorted once, natively; the rows then follow by counting, which keeps equal ones as they were. O(n log n).
 *
 * @param stratum  n, codes from 0.
 * @param time     n, no NaN.
 * @param within   n, 0 or 1: zeros before ones at one time; null when the order there does not matter.
 * @returns        n: indices of rows.
 */
export function latestFirst(stratum: Int32Array, time: Float64Array, within: Uint8Array | null): Int32Array {
  const n = time.length;
  const distinct = time.slice().sort();
  let count = 0;
  for (let i = 0; i < n; i++) if (i === 0 || distinct[i] !== distinct[count - 1]) distinct[count++] = distinct[i]!;
  const key = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    const t = time[i]!;
    let [low, high] = [0, count - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (distinct[middle]! < t) low = middle + 1;
      else high = middle;
    }
    key[i] = 2 * (count - 1 - low) + (within === null ? 0 : within[i]!);
  }
  const rows = new Int32Array(n);
  for (let i = 0; i < n; i++) rows[i] = i;
  const byTime = inOrderOf(key, rows, 2 * count);
  let strata = 0;
  for (let i = 0; i < n; i++) if (stratum[i]! >= strata) strata = stratum[i]! + 1;
  return strata <= 1 ? byTime : inOrderOf(stratum, byTime, strata);
}

/** Rows by ascending key (of the row), rows of one key as they were. */
function inOrderOf(key: Int32Array, rows: Int32Array, keys: number): Int32Array {
  const next = new Int32Array(keys + 1);
  for (let i = 0; i < rows.length; i++) next[key[i]! + 1]!++;
  for (let k = 0; k < keys; k++) next[k + 1]! += next[k]!;
  const sorted = new Int32Array(rows.length);
  for (let i = 0; i < rows.length; i++) sorted[next[key[rows[i]!]!]!++] = rows[i]!;
  return sorted;
}
