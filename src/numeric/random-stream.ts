/**
 * Seeded random streams: one for each (seed, purpose, replicate), so that what is drawn for a replicate does not depend
 * on which worker draws it, in what order, or how many replicates there are.
 *
 * Generator  xoroshiro128+ of pure-rand: integer state, the same numbers on every machine. Its lowest bits are its
 *            weakest, so everything below is made from the highest.
 * Start      The key is absorbed word by word into the 128 bits of the state; between words the state is permuted by
 *            quarter rounds of ChaCha. A permutation never maps two states to one: two replicates of one purpose
 *            cannot share a start.
 * Sources    Blackman & Vigna (2021) ACM TOMS 47:36 (xoroshiro128+); Bernstein (2008) ChaCha, a variant of Salsa20
 *            (quarter round); Lemire (2019) ACM TOMACS 29:3 (integers without bias, by rejection).
 */

import { xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";
import type { RandomGenerator } from "pure-rand/types/RandomGenerator";
import { normalQuantile } from "./distributions.js";

export interface RandomStream {
  /** Uniform on [0, 1), a multiple of 2⁻⁵³. */
  readonly uniform: () => number;
  /** A whole number from 0 to n − 1, each as likely; n from 1 to 2³². */
  readonly below: (n: number) => number;
  /** Standard normal, by the inverse of its distribution function at a point inside (0, 1). */
  readonly normal: () => number;
}

/**
 * The stream of one replicate.
 *
 * @param seed       whole number ≥ 0, at most 2⁵³ − 1: that of the run.
 * @param purpose    what the numbers are for, such as `primary/permutation`; streams of two purposes are unrelated.
 * @param replicate  whole number from 0, below 2³².
 */
export function randomStream(seed: number, purpose: string, replicate: number): RandomStream {
  const generator = xoroshiro128plusFromState(startOf(seed, purpose, replicate));
  return {
    uniform: () => ((generator.next() >>> 5) * 2 ** 26 + (generator.next() >>> 6)) * 2 ** -53,
    below: (n) => below(generator, n),
    normal: () => normalQuantile(((generator.next() >>> 6) * 2 ** 26 + (generator.next() >>> 6) + 0.5) * 2 ** -52),
  };
}

/** Shuffle in place, every order as likely (Fisher and Yates). */
export function shuffleInPlace(values: Int32Array, stream: RandomStream): void {
  for (let i = values.length - 1; i > 0; i--) {
    const j = stream.below(i + 1);
    const value = values[i]!;
    values[i] = values[j]!;
    values[j] = value;
  }
}

/** As many of the highest bits as n − 1 has, drawn again while they are n or more. */
function below(generator: RandomGenerator, n: number): number {
  if (n === 1) return 0;
  const shift = Math.clz32(n - 1);
  for (;;) {
    const drawn = (generator.next() >>> shift) >>> 0;
    if (drawn < n) return drawn;
  }
}

// ── the start of a stream ───────────────────────────────────────────────────────────────────────

/** The words that ChaCha begins with ("expand 32-byte k"): not zero, and not chosen by us. */
const FIRST_STATE = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574] as const;
const ROUNDS = 8;

function startOf(seed: number, purpose: string, replicate: number): Int32Array & readonly number[] {
  const state = Int32Array.from(FIRST_STATE);
  const absorb = (word: number): void => {
    state[0]! ^= word;
    for (let round = 0; round < ROUNDS; round++) quarterRound(state);
  };
  absorb((seed % 2 ** 32) | 0);
  absorb(Math.floor(seed / 2 ** 32));
  absorb(purpose.length);
  for (let i = 0; i < purpose.length; i++) absorb(purpose.charCodeAt(i));
  absorb(replicate | 0);
  return state as Int32Array & readonly number[];
}

/** One quarter round of ChaCha on the four words, in place; a permutation of the 2¹²⁸ states. */
function quarterRound(state: Int32Array): void {
  let [a, b, c, d] = state as unknown as [number, number, number, number];
  a = (a + b) | 0;
  d = rotated(d ^ a, 16);
  c = (c + d) | 0;
  b = rotated(b ^ c, 12);
  a = (a + b) | 0;
  d = rotated(d ^ a, 8);
  c = (c + d) | 0;
  b = rotated(b ^ c, 7);
  state[0] = a;
  state[1] = b;
  state[2] = c;
  state[3] = d;
}

const rotated = (word: number, by: number): number => (word << by) | (word >>> (32 - by));
