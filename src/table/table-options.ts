/** How a data file is written, as `data` of the plan says it; what is left out is found from the file. */
export interface TableOptions {
  /** Texts that mean missing, compared without outer white space. Default [""], the empty cell. */
  readonly missing?: readonly string[];
  /** What separates the cells of a text file. Default: what its header line uses; a tab in .tsv. */
  readonly delimiter?: "," | ";" | "tab";
  /** Default: the mark that the file's numbers use. */
  readonly decimal?: "." | ",";
  /** Default: UTF-8, UTF-16 when a byte-order mark says so, Windows-1252 when the bytes are not valid UTF-8. */
  readonly encoding?: "utf-8" | "windows-1252";
  /** Name of the sheet of a workbook. Default: the first. */
  readonly sheet?: string;
}
