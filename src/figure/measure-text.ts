/**
 * Vega's way of measuring text, replaced by ours: in the report's page as in its making, so that a
 * figure that becomes live does not move.
 */
import { textWidth } from "./text-width.js";

export interface MeasuredText {
  readonly fontSize?: number;
  readonly fontWeight?: string | number;
  readonly limit?: number;
}

/** Vega's `textMetrics`: exported by Vega, but missing from its types. */
export interface TextMetrics {
  width: (item: MeasuredText, text: unknown) => number;
}

export function measureTextOurselves(textMetrics: TextMetrics): void {
  textMetrics.width = ({ fontSize, fontWeight, limit }, text) => {
    const bold = fontWeight === "bold" || Number(fontWeight) >= 600;
    const width = textWidth(String(text ?? ""), fontSize ?? 11, bold);
    return limit !== undefined && limit > 0 ? Math.min(width, limit) : width;
  };
}
