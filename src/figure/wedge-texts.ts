/** What figures of a stepped wedge and of a joint analysis need said, in one language; src/report/stepped-wedge-texts.ts has the texts. */
import type { CellCondition } from "../stepped-wedge/design.js";
import type { DesignEffectName } from "./estimate-name.js";

export interface WedgeFigureTexts {
  readonly unit: string;
  readonly period: string;
  readonly condition: string;
  readonly conditions: Readonly<Record<CellCondition, string>>;
  readonly clients: string;
  readonly rows: string;
  /** Whom an effect favours. */
  readonly intervention: string;
  readonly control: string;

  readonly design: {
    readonly title: string;
    readonly caption: (parts: {
      readonly ofClients: boolean;
      /** The numbers are on the figure. */
      readonly counted: boolean;
      readonly transition: boolean;
      readonly empty: boolean;
      /** Some cells have rows of the other condition too. */
      readonly mixed: boolean;
    }) => string;
    /** @param switches  how many units switched in each period, `null` for those that did not. */
    readonly alt: (parts: {
      readonly units: number;
      readonly periods: number;
      readonly switches: readonly { readonly period: string | null; readonly units: number }[];
      readonly ofClients: boolean;
      readonly least: number;
      readonly most: number;
    }) => string;
  };
  readonly means: {
    readonly title: (outcome: string, proportion: boolean) => string;
    readonly axis: (outcome: string, proportion: boolean) => string;
    readonly ofUnit: string;
    readonly ofCondition: string;
    readonly caption: (proportion: boolean) => string;
    /** @param last  the last period with both conditions; null when there is none. */
    readonly alt: (parts: {
      readonly outcome: string;
      readonly proportion: boolean;
      readonly units: number;
      readonly periods: number;
      readonly last: { readonly period: string; readonly control: string; readonly treated: string } | null;
    }) => string;
  };
  readonly exposure: {
    readonly title: (outcome: string) => string;
    readonly axis: string;
    readonly tate: string;
    readonly lte: string;
    readonly caption: (interval: string, isRatio: boolean, better: "lower" | "higher" | null) => string;
    readonly alt: (outcome: string, rows: readonly string[], summary: readonly string[]) => string;
  };
  /** Forest plots of effects, which are of the switch or of the designs and not between arms. */
  readonly forest: {
    readonly title: (outcome: string) => string;
    readonly axis: (outcome: string) => string;
    readonly effect: string;
    readonly alt: (count: number, outcome: string, interval: string, rows: readonly string[], more: number) => string;
    /** Of the joint analysis, after the caption. */
    readonly diamonds: string;
  };
  readonly designs: Readonly<Record<DesignEffectName, string>>;
  /** The factor of exposure times, in tables of coefficients. */
  readonly exposureTime: string;
  /** What a joint analysis calls one of its effects; `overall` is the mean of them. */
  readonly effectLabel: (label: string) => string;
  readonly weights: (parts: readonly string[]) => string;
  /** @param label  empty for the only effect. */
  readonly weight: (label: string, individual: string, wedge: string) => string;
  readonly tests: (parts: readonly string[]) => string;
  readonly test: (label: string, numbers: string, p: string) => string;
}
