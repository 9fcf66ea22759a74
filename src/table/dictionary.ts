/**
 * The data dictionary: what each column of a data file holds. Only columns declared here are read,
 * and every cell of them is checked against its declaration.
 */

/** One value for each participant, of that one's rows in a table. */
export interface Summary {
  /** The table, where the plan has several; default the first. */
  readonly table?: string;
  /** The column that is summarised; not needed for a count of rows. */
  readonly value?: string;
  /** The rows that count. */
  readonly where?: string;
  /** `one`: there may be no more than one such row. `first` and `last` by `order`, or as the rows stand. */
  readonly take: "one" | "first" | "last" | "mean" | "sum" | "min" | "max" | "count";
  /** The column whose order `first` and `last` go by. */
  readonly order?: string;
  /** What there is one value for each of; default the participant. */
  readonly per?: string;
}

/** The score of an instrument from its items (trial/scoring.ts). What is left out is that of the instrument. */
export interface Score {
  readonly instrument?: string;
  /** Columns, in the order of the instrument. */
  readonly items: readonly string[];
  readonly of?: "sum" | "mean";
  /** Those of the items that are reversed. */
  readonly reversed?: readonly string[];
  /** Lowest and highest answer of an item. */
  readonly range?: readonly [number, number];
  readonly missing?: { readonly allow: number; readonly rule: "prorate" };
}

/** The class of each row's change between two scores (trial/clinical-change.ts). What is left out is that of the instrument. */
export interface Classify {
  readonly instrument: string;
  readonly before: string;
  readonly after: string;
  readonly sd?: number;
  readonly "sd-after"?: number;
  readonly reliability?: number;
  readonly null?: "measurement-error" | "retest";
  readonly critical?: number;
  /** Least reliable change, instead of SD and reliability. */
  readonly points?: number;
  readonly cutoff?: number | { readonly by: string; readonly levels: Readonly<Record<string, number | string>> };
  readonly "at-cutoff"?: "clinical" | "functional";
  readonly "functional-start"?: "own-class" | "by-change";
  /** Of a binary column: the classes that are 1. */
  readonly is?: readonly string[];
}

interface ColumnDeclaration {
  /** What tables and figures call the column. */
  readonly label?: string;
  /** The column is not in the file but made of the others, by an expression (expression.ts): numbers, binary, factors. */
  readonly derive?: string;
  /** The column is made of the participant's rows (summarised-column.ts). */
  readonly summarise?: Summary;
  /** The column is the score of items. */
  readonly score?: Score;
  /** The column is the class of a change. */
  readonly classify?: Classify;
  /** The one table (`data.tables`) that the column is of, where several files have one by this name. */
  readonly table?: string;
}

/** Identifies participants, therapists, units. Text, kept as written: "007" stays "007". */
export interface IdSpec extends ColumnDeclaration {
  readonly type: "id";
}

export interface FactorSpec extends ColumnDeclaration {
  readonly type: "factor";
  /** Every label that may occur; the first is the reference. */
  readonly levels: readonly string[];
  /** In a blind analysis: by the text of the file the level that it is here. Only these texts may occur, and other levels. */
  readonly called?: Readonly<Record<string, string>>;
}

export interface NumberSpec extends ColumnDeclaration {
  readonly type: "number";
  readonly unit?: string;
  /** Smallest and largest possible value, both included. */
  readonly range?: readonly [number, number];
  /** Which direction is an improvement. */
  readonly better?: "lower" | "higher";
}

/** 0 or 1. */
export interface BinarySpec extends ColumnDeclaration {
  readonly type: "binary";
  readonly better?: "lower" | "higher";
}

/** ISO 8601 calendar dates, YYYY-MM-DD; days since 1970-01-01 in the table. */
export interface DateSpec extends ColumnDeclaration {
  readonly type: "date";
}

export type ColumnSpec = IdSpec | FactorSpec | NumberSpec | BinarySpec | DateSpec;

/** Column specifications by column name, in the order of the plan. */
export type Dictionary = Readonly<Record<string, ColumnSpec>>;
