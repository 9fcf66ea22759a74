/** test/reference/effect-sizes: Beat the Blues at 2 months, and what R makes of it. */
import { readFileSync } from "node:fs";

type Numbers = Readonly<Record<string, number>>;

export interface EffectReference {
  readonly means: Readonly<Record<string, Numbers>>;
  /** As the package has them, whose limits are found by a general optimiser. */
  readonly effectsize: Readonly<Record<string, Numbers>>;
  readonly risks: Readonly<Record<string, Numbers>>;
  readonly newcombe: readonly (Numbers & { readonly table: readonly [number, number, number, number] })[];
  readonly standardised: Readonly<Record<string, Numbers>>;
}

const file = (name: string): string =>
  readFileSync(new URL(`../reference/effect-sizes/${name}`, import.meta.url), "utf8");

export const reference: EffectReference = JSON.parse(file("expected.json"));
export const dataText = file("data.csv");

const rows = dataText
  .trim()
  .split("\n")
  .slice(1)
  .map((line) => line.split(","))
  .filter(([, , y]) => y !== "");

/** The outcome at 2 months of one arm. */
export const outcomeIn = (arm: string): Float64Array =>
  Float64Array.from(
    rows.filter(([own]) => own === arm),
    ([, , y]) => Number(y),
  );
