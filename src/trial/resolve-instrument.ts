/** Instruments of the registry with what a plan overrides, and those that it adds. */
import type { Better } from "./clinical-change.js";
import { INSTRUMENTS, type Instrument, type InstrumentItems } from "./instruments.js";

/** An entry of a plan's `instruments:`. What it leaves out is the registry's, where that has the instrument. */
export interface InstrumentDeclaration {
  readonly title?: string;
  readonly range?: readonly [number, number];
  readonly better?: Better;
  readonly cutoff?: number | Readonly<Record<string, number>>;
  readonly "at-cutoff"?: "clinical" | "functional";
  readonly sd?: number;
  readonly reliability?: number;
  readonly points?: number;
  readonly items?: {
    readonly count: number;
    readonly range: readonly [number, number];
    readonly of: "sum" | "mean";
    readonly reversed?: readonly number[];
    readonly "allow-missing"?: number;
  };
  readonly source: string;
}

export type InstrumentDeclarations = Readonly<Record<string, InstrumentDeclaration>>;

/** Names that a plan may use. */
export const instrumentNames = (declared: InstrumentDeclarations = {}): string[] => [
  ...new Set([...Object.keys(declared), ...Object.keys(INSTRUMENTS)]),
];

/**
 * The instrument by its name; null when there is none, or when a new one is declared without its range or direction.
 * SD and reliability of a plan win over the registry's points, and points over its SD: the last word is the plan's.
 */
export function resolveInstrument(name: string, declared: InstrumentDeclarations = {}): Instrument | null {
  const known = Object.hasOwn(INSTRUMENTS, name) ? INSTRUMENTS[name]! : null;
  const own = Object.hasOwn(declared, name) ? declared[name]! : null;
  if (own === null) return known;
  const { title, range = known?.range, better = known?.better, cutoff, "at-cutoff": at, items, source } = own;
  if (range === undefined || better === undefined) return null;
  return {
    title: title ?? known?.title ?? name,
    version: "plan",
    range,
    better,
    cutOff: cutoff ?? known?.cutOff ?? null,
    atCutOff: at ?? known?.atCutOff ?? (better === "lower" ? "clinical" : "functional"),
    ...criterionKeys(own, known),
    ...(items === undefined ? defined({ items: known?.items }) : { items: itemsOf(items) }),
    source,
  };
}

/** Points, or SD and reliability: what the plan declares, else what the registry has. */
function criterionKeys(
  { points, sd, reliability }: InstrumentDeclaration,
  known: Instrument | null,
): Pick<Instrument, "points" | "sd" | "reliability"> {
  if (points !== undefined) return { points };
  const isWorkedOut = sd !== undefined || reliability !== undefined;
  const ofRegistry = defined({ sd: known?.sd, reliability: known?.reliability });
  return {
    ...defined({ points: isWorkedOut ? undefined : known?.points }),
    ...ofRegistry,
    ...defined({ sd, reliability }),
  };
}

const itemsOf = ({
  reversed = [],
  "allow-missing": allowMissing = 0,
  ...rest
}: NonNullable<InstrumentDeclaration["items"]>): InstrumentItems => ({ ...rest, reversed, allowMissing });

/** Without the keys that have no value. */
const defined = <T extends object>(values: T): { [K in keyof T]?: NonNullable<T[K]> } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
