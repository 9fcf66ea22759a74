/** A figure: a Vega-Lite specification that holds its numbers, and what it says in words. */
import type { TopLevelSpec } from "vega-lite";

export interface Drawing {
  /** What is shown, in a few words; also on the figure itself. */
  readonly title: string;
  /** How to read it. */
  readonly caption: string;
  /** A sentence for those who do not see it, with the key numbers. */
  readonly alt: string;
  readonly spec: TopLevelSpec;
}

export const VEGA_LITE_SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json";
