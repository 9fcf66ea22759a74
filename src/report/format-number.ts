/**
 * Numbers as journals print them: the only place where a number becomes text.
 * Written out rather than taken from Intl, whose output depends on the machine.
 */

/** How a language writes numbers. */
export interface NumberStyle {
  readonly decimal: string;
  /** Between groups of three digits. */
  readonly group: string;
  /** The smallest number that is grouped. */
  readonly groupFrom: number;
  /** What stands between a number and the per cent sign. */
  readonly beforePercent: string;
}

const NARROW_NO_BREAK_SPACE = "\u202f";
const NO_BREAK_SPACE = "\u00a0";

export const englishNumbers: NumberStyle = { decimal: ".", group: ",", groupFrom: 10_000, beforePercent: "" };
export const swedishNumbers: NumberStyle = {
  decimal: ",",
  group: NARROW_NO_BREAK_SPACE,
  groupFrom: 1000,
  beforePercent: NO_BREAK_SPACE,
};

export const MINUS = "\u2212";
/** Stands where there is no number. */
export const NO_NUMBER = "\u2013";

/** More decimals than this are written as a power of ten. */
const MOST_DECIMALS = 6;
/** Numbers from here on are written as a power of ten. */
const LARGEST_WRITTEN_OUT = 1e12;

/** `value` with a fixed number of decimals, a true minus sign and no negative zero; "–" when there is none. */
export function formatNumber(value: number | null, decimals: number, style: NumberStyle): string {
  if (value === null || Number.isNaN(value)) return NO_NUMBER;
  if (!Number.isFinite(value)) return value < 0 ? `${MINUS}∞` : "∞";
  if (decimals > MOST_DECIMALS || Math.abs(value) >= LARGEST_WRITTEN_OUT) return formatPowerOfTen(value, style);
  const digits = Math.abs(value).toFixed(decimals);
  const sign = value < 0 && /[1-9]/.test(digits) ? MINUS : "";
  const [whole = "", fraction] = digits.split(".");
  return sign + grouped(whole, style) + (fraction === undefined ? "" : style.decimal + fraction);
}

/** `1.23 × 10⁻⁷`. */
function formatPowerOfTen(value: number, style: NumberStyle): string {
  if (value === 0) return "0";
  const [mantissa = "", exponent = ""] = Math.abs(value).toExponential(2).split("e");
  const superscript = exponent.replace("+", "").replace(/[-\d]/g, (c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(c)]!));
  return `${value < 0 ? MINUS : ""}${mantissa.replace(".", style.decimal)}${NO_BREAK_SPACE}×${NO_BREAK_SPACE}10${superscript}`;
}

function grouped(whole: string, { group, groupFrom }: NumberStyle): string {
  return Number(whole) < groupFrom ? whole : whole.replace(/\B(?=(\d{3})+$)/g, group);
}

/** The decimals that show `digits` significant digits of a number, after rounding: 0.0996 shows as 0.10. */
export function decimalsForDigits(value: number | null, digits: number): number {
  if (value === null || !Number.isFinite(value) || value === 0) return 0;
  const rounded = Number(Math.abs(value).toPrecision(digits));
  return Math.max(0, digits - 1 - Math.floor(Math.log10(rounded)));
}

/**
 * The decimals an estimate and its interval are printed with: two significant digits of the standard
 * error, or, where there is none, three of the estimate.
 */
export const estimateDecimals = (estimate: number | null, se: number | null): number =>
  se !== null && se > 0 ? decimalsForDigits(se, 2) : decimalsForDigits(estimate, 3);

/** `0.034`, `< 0.001`, `> 0.999`: three decimals, never 0.000 or 1.000. */
export function formatP(p: number | null, style: NumberStyle): string {
  if (p === null || Number.isNaN(p)) return NO_NUMBER;
  if (p < 0.001) return `<${NO_BREAK_SPACE}${formatNumber(0.001, 3, style)}`;
  if (p > 0.999) return `>${NO_BREAK_SPACE}${formatNumber(0.999, 3, style)}`;
  return formatNumber(p, 3, style);
}

/** In running text: `p = 0.034`, `p < 0.001`. */
export function formatPInText(p: number | null, style: NumberStyle): string {
  const text = formatP(p, style);
  return /^[<>]/.test(text) ? `p${NO_BREAK_SPACE}${text}` : `p${NO_BREAK_SPACE}=${NO_BREAK_SPACE}${text}`;
}

/** A share in per cent: `95%`, `95 %`. At most one decimal, and none when it would be 0. */
export function formatPercent(share: number, style: NumberStyle, decimals?: number): string {
  const percent = share * 100;
  const shown = decimals ?? (Math.abs(percent - Math.round(percent)) < 0.05 ? 0 : 1);
  return `${formatNumber(percent, shown, style)}${style.beforePercent}%`;
}
