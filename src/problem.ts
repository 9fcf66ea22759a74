/**
 * Problems, and every message that users can meet: one function each, so that wording, codes and
 * severity are decided in one place. A message says what is wrong, the value, and what to do;
 * `path` says where.
 */

export type Severity = "error" | "warning" | "note";

/** One thing that is wrong, or worth knowing. Travels from where it is found to the report. */
export interface Problem {
  /** Stable, `area.what`: `data.unknown-level`, `fit.singular`. */
  readonly code: string;
  readonly severity: Severity;
  /** A short sentence or two in plain English: what, the value, what to do. */
  readonly message: string;
  /** The same in Swedish, for the report; every problem that results can carry has it. */
  readonly messageSv?: string;
  /** Where: `plan.yaml:12:5`, `data.csv:14, column "bdi"`, `analysis "primary"`. Empty when nowhere in particular. */
  readonly path: string;
}

/** A problem that results and report carry, as every warning and note may be: its message in Swedish too. */
export interface ReportedProblem extends Problem {
  readonly messageSv: string;
}
/** Whether results can carry it; an error that cannot stops the run. */
export const isReported = (problem: Problem): problem is ReportedProblem => problem.messageSv !== undefined;

/** What a fit threw, for results: with a general Swedish sentence where it has none of its own. */
export const toReported = (problem: Problem): ReportedProblem =>
  isReported(problem)
    ? problem
    : { ...problem, messageSv: `Kan inte beräknas med dessa data (felkod ${problem.code}).` };

/** Messages one after the other. */
export const joinedMessages = (problems: readonly ReportedProblem[]): Words => ({
  en: problems.map(({ message }) => message).join(" "),
  sv: problems.map(({ messageSv }) => messageSv).join(" "),
});

/** Thrown when something cannot be answered as asked. Holds all problems found, never only the first. */
export class ProblemError extends Error {
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    super(problems.map(renderProblem).join("\n"));
    this.name = "ProblemError";
    this.problems = problems;
  }
}

/** One line: `error plan.yaml:12:5 Unknown key "formla". Did you mean "formula"? [plan.unknown-key]`. */
export function renderProblem({ code, severity, message, path }: Problem): string {
  return `${severity}${path === "" ? "" : ` ${path}`}: ${message} [${code}]`;
}

export const isError = (problem: Problem): boolean => problem.severity === "error";

/** `file:line:column`, lines and columns counted from 1. */
export const inFile = (file: string, line: number, column?: number): string =>
  column === undefined ? `${file}:${line}` : `${file}:${line}:${column}`;

/** An error that stops a run before it has results: English is enough, for the terminal. */
const error = (code: string, path: string, message: string): Problem => ({ code, severity: "error", path, message });
/** What results and report carry has its text in Swedish too. */
const reported =
  <S extends Severity>(severity: S) =>
  (code: string, path: string, message: string, messageSv: string): ReportedProblem & { readonly severity: S } => ({
    code,
    severity,
    path,
    message,
    messageSv,
  });
const warning = reported("warning");
const note = reported("note");
/** Why an analysis could not be estimated. */
const failure = reported("error");

/** A text of a message in each language of reports. */
export interface Words {
  readonly en: string;
  readonly sv: string;
}

/** A number in a Swedish text: decimal comma, minus sign. */
const inSwedish = (number: number | string): string => String(number).replace(".", ",").replace(/^-/, "\u2212");

/** ` Did you mean "x"?`, or nothing. */
const didYouMean = (suggestion: string | undefined): string =>
  suggestion === undefined ? "" : ` Did you mean "${suggestion}"?`;

// ── data ────────────────────────────────────────────────────────────────────────────────────────

/** `data.csv:14, column "bdi"`. */
export const inCell = (file: string, line: number, column: string): string =>
  `${inFile(file, line)}, column "${column}"`;

/** A text from data, quoted: characters that cannot be seen as their codes, long texts cut. */
const quoted = (text: string): string => {
  const visible = text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u00a0\u2007\u202f]/gu,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
  return `"${visible.length > 60 ? `${visible.slice(0, 60)}…` : visible}"`;
};
/** `"a", "b", "c", …`, at most eight. */
const quotedList = (texts: readonly string[]): string =>
  texts.slice(0, 8).map(quoted).join(", ") + (texts.length > 8 ? ", …" : "");
/** The same in a Swedish text: ”a”, ”b”. */
const quotedSv = (text: string): string => `”${quoted(text).slice(1, -1)}”`;
const quotedListSv = (texts: readonly string[]): string =>
  texts.slice(0, 8).map(quotedSv).join(", ") + (texts.length > 8 ? ", …" : "");
const meant = (suggestion: string | undefined): string =>
  suggestion === undefined ? "" : ` Did you mean ${quoted(suggestion)}?`;

/** What names the data file: the plan, the command line, or the manifest of a run. */
export type DataFileNamedBy = "data.file" | "--data" | "manifest.json";
export const dataFileNotFound = (file: string, namedBy: DataFileNamedBy): Problem => {
  const instead: Record<DataFileNamedBy, string> = {
    "data.file": "data.file is relative to the plan; correct it.",
    "--data": "--data is relative to the current folder; correct it.",
    "manifest.json": "The run read it; put it back where it was.",
  };
  return error("data.file-not-found", file, `There is no such file. ${instead[namedBy]}`);
};
export const dataFileIsFolder = (file: string, namedBy: DataFileNamedBy): Problem =>
  error("data.file-is-folder", file, `This is a folder. ${namedBy} must name a file.`);
export const dataFileNotReadable = (file: string, reason: string): Problem =>
  error("data.file-not-readable", file, `The file cannot be read (${reason}). Check that you may open it.`);
export const dataFileTooLarge = (file: string, bytes: number, limit: number): Problem =>
  error(
    "data.file-too-large",
    file,
    `The file holds ${Math.round(bytes / 1e6)} MB; at most ${limit / 1e6} MB are read. Save only the columns that the plan declares.`,
  );
export const dataFileEnding = (file: string, ending: string, readable: readonly string[]): Problem =>
  error(
    "data.file-ending",
    file,
    `${ending === "" ? "The file name has no ending" : `Files that end in ${ending} cannot be read`}. Save the data as ${readable.join(", ")}.`,
  );
export const dataFileEmpty = (file: string): Problem =>
  error("data.empty-file", file, "The file is empty. It needs a first line with the names of the columns.");
export const dataNoRows = (file: string, line: number): Problem =>
  error("data.no-rows", inFile(file, line), "The file has names of columns but no row of data.");
export const dataNotText = (file: string): Problem =>
  error(
    "data.not-text",
    file,
    "This is not a text file, whatever its name says. Save it as text (CSV, UTF-8), or give a workbook the ending .xlsx.",
  );
export const dataNotEncoded = (file: string, encoding: string): Problem =>
  error(
    "data.encoding",
    file,
    `The file is not valid ${encoding}. Remove data.encoding, or save the file as ${encoding}.`,
  );
export const dataNotWorkbook = (file: string, reason: string): Problem =>
  error("data.not-workbook", file, `${reason} Save the file as .xlsx, without a password.`);
export const dataNoSheet = (
  file: string,
  sheet: string,
  sheets: readonly string[],
  suggestion: string | undefined,
): Problem =>
  error(
    "data.no-sheet",
    file,
    `The workbook has no sheet ${quoted(sheet)}${sheets.length === 0 ? "" : `; it has ${quotedList(sheets)}`}.${meant(suggestion) || " Correct data.sheet, or leave it out for the first sheet."}`,
  );
export const raggedRow = (path: string, cells: number, expected: number): Problem =>
  error(
    "data.ragged-row",
    path,
    `The row has ${cells === 1 ? "1 cell" : `${cells} cells`}; the header has ${expected}. Look for a missing or extra delimiter, or a text that needs quotes.`,
  );
export const emptyRow = (path: string): Problem =>
  error("data.empty-row", path, "The row is empty, but rows follow. Delete it.");
export const unclosedQuote = (path: string): Problem =>
  error("data.unclosed-quote", path, 'A cell of this row begins with " but has no closing ". Add it.');
export const textAfterQuote = (path: string): Problem =>
  error(
    "data.text-after-quote",
    path,
    'A cell of this row goes on after its closing ". Write a quote inside a quoted cell twice ("").',
  );
export const duplicatedHeader = (path: string, name: string, times: number): Problem =>
  error(
    "data.duplicated-header",
    path,
    `${times} columns have the name ${quoted(name)}. Rename all but the one that the plan declares.`,
  );
export const missingColumn = (path: string, name: string, header: readonly string[], nearest: string | undefined) =>
  error(
    "data.missing-column",
    path,
    `The plan declares a column ${quoted(name)} that the file does not have.${meant(nearest) || ` It has ${quotedList(header)}.`}`,
  );
export const emptyCell = (path: string): Problem =>
  error("data.empty-cell", path, 'The cell is empty. If that means missing, add "" to data.missing.');
export const unknownLevel = (
  path: string,
  value: string,
  levels: readonly string[],
  suggestion: string | undefined,
): Problem =>
  error(
    "data.unknown-level",
    path,
    `${quoted(value)} is not among the levels ${quotedList(levels)}.${meant(suggestion) || " Correct the cell, or add the level to the plan."}`,
  );
/** As people write dates: year first or last, with -, / or points. */
const looksLikeDate = (value: string): boolean =>
  /^(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4})([ T].*)?$/.test(value.trim());

export const notANumber = (path: string, value: string): Problem =>
  error(
    "data.not-a-number",
    path,
    looksLikeDate(value)
      ? `${quoted(value)} is not a number; it looks like a date. Declare the column as type: date, or correct the cell.`
      : `${quoted(value)} is not a number. Write digits with at most a decimal mark: no thousands separators, %, < or text. If it means missing, add it to data.missing.`,
  );
export const tooLargeNumber = (path: string, value: string): Problem =>
  error("data.number-too-large", path, `${quoted(value)} is too large for a number. Correct the cell.`);
export const mixedDecimalMarks = (
  file: string,
  point: { readonly text: string; readonly line: number; readonly column: string },
  comma: { readonly text: string; readonly line: number; readonly column: string },
): Problem =>
  error(
    "data.mixed-decimal-marks",
    file,
    `Numbers have a decimal point (${quoted(point.text)}, line ${point.line}, column "${point.column}") and a decimal comma (${quoted(comma.text)}, line ${comma.line}, column "${comma.column}"). Use one of them, and no thousands separators.`,
  );
export const otherDecimalMark = (path: string, value: string, declared: "." | ","): Problem =>
  error(
    "data.other-decimal-mark",
    path,
    `The plan says data.decimal: "${declared}", but the number is ${quoted(value)}. Correct one of them.`,
  );
export const ambiguousThousands = (path: string, value: string): Problem =>
  error(
    "data.ambiguous-thousands",
    path,
    `${quoted(value)} may have a decimal comma or a thousands separator, and no other number of the file tells. Add data.decimal: "," to the plan, or remove the separators.`,
  );
export const outOfRange = (path: string, value: string, [low, high]: readonly [number, number]): Problem =>
  error(
    "data.out-of-range",
    path,
    `${quoted(value)} is outside the range ${low} to ${high}. Correct the cell, or the range in the plan.`,
  );
export const notBinary = (path: string, value: string): Problem =>
  error(
    "data.not-binary",
    path,
    `${quoted(value)} is not 0 or 1. Correct the cell, or declare the column as a factor.`,
  );
export const notIsoDate = (path: string, value: string): Problem =>
  error("data.not-a-date", path, `${quoted(value)} is not a date. Write year-month-day: 2025-03-01.`);
export const noSuchDay = (path: string, value: string): Problem =>
  error("data.no-such-day", path, `${quoted(value)} is not a day of the calendar. Correct the cell.`);
export const analysesNotChecked = (): ReportedProblem =>
  note(
    "data.analyses-not-checked",
    "",
    "The analyses could not be checked with the data yet. Correct the problems above first; more may be found then.",
    "Analyserna kunde inte kontrolleras mot data ännu. Rätta problemen ovan först; fler kan då visa sig.",
  );
/** Stands for problems like the last one listed, of which there are too many to list. */
export const moreProblems = ({ code, severity, path, messageSv }: Problem, more: number): Problem => ({
  code,
  severity,
  path: path.replace(/:\d+(?=$|, column )/, ""),
  message: more === 1 ? "1 more problem of this kind." : `${more} more problems of this kind.`,
  ...(messageSv === undefined ? {} : { messageSv: `${more} till av detta slag.` }),
});
export const duplicatedRows = (
  file: string,
  lines: readonly [number, number] | null,
  rows: readonly [number, number],
  key: readonly { readonly column: string; readonly value: string }[],
): Problem =>
  error(
    "data.duplicated-rows",
    lines === null ? file : inFile(file, lines[1]),
    `${key.map(({ column, value }) => `${column} ${quoted(value)}`).join(", ")} is there twice: ${lines === null ? `rows ${rows[0]} and ${rows[1]}` : `lines ${lines[0]} and ${lines[1]}`}. Keep one, or correct the values.`,
  );

export const participantInTwoArms = (
  file: string,
  line: number | null,
  found: {
    readonly column: string;
    readonly participant: string;
    readonly arms: readonly { readonly arm: string; readonly where: string }[];
  },
): Problem =>
  error(
    "data.participant-in-two-arms",
    line === null ? file : inFile(file, line),
    `${found.column} ${quoted(found.participant)} is in two arms: ${found.arms.map(({ arm, where }) => `${quoted(arm)} (${where})`).join(" and ")}. Correct the arm, or declare "design: stepped-wedge" if units change arm.`,
  );

// the data of a trial against each other: warnings, since a trial is analysed as randomised

export const dateBefore = (
  path: string,
  name: string,
  value: string,
  order: "before" | "after",
  other: string,
  otherValue: string,
): ReportedProblem =>
  warning(
    `trial.date-${order}`,
    path,
    `${name} ${value} is ${order} ${other} ${otherValue}. Correct the date that is wrong; the row is used as it is.`,
    `${name} ${value} ligger ${order === "before" ? "före" : "efter"} ${other} ${otherValue}. Rätta det datum som är fel; raden används som den är.`,
  );
export const sameDay = (
  path: string,
  column: string,
  participant: string,
  day: string,
  first: Words,
): ReportedProblem =>
  warning(
    "trial.same-day",
    path,
    `${column} ${quoted(participant)} has two rows of the same day, ${day} (the other is ${first.en}). Remove one if it was entered twice; both are used as they are.`,
    `${column} ${quotedSv(participant)} har två rader från samma dag, ${day} (den andra: ${first.sv}). Ta bort den ena om den matats in två gånger; båda används som de är.`,
  );
export const visitsOutOfOrder = (
  path: string,
  column: string,
  participant: string,
  [earlier, earlierDay]: readonly [string, string],
  [later, laterDay]: readonly [string, string],
): ReportedProblem =>
  warning(
    "trial.visits-out-of-order",
    path,
    `${column} ${quoted(participant)} has visit ${later} on ${laterDay}, before visit ${earlier} on ${earlierDay}. Correct the date that is wrong; both are used as they are.`,
    `${column} ${quotedSv(participant)} har mättillfälle ${later} den ${laterDay}, före mättillfälle ${earlier} den ${earlierDay}. Rätta det datum som är fel; båda används som de är.`,
  );
export const staffOfOtherArm = (
  path: string,
  arm: string,
  column: string,
  member: string,
  theirs: string,
): ReportedProblem =>
  warning(
    "trial.staff-of-other-arm",
    path,
    `The participant is in arm ${quoted(arm)}; ${column} ${quoted(member)} is of arm ${quoted(theirs)}. Correct what is wrong; the participant is analysed as randomised.`,
    `Deltagaren tillhör armen ${quotedSv(arm)}; ${column} ${quotedSv(member)} tillhör armen ${quotedSv(theirs)}. Rätta det som är fel; deltagaren analyseras enligt randomiseringen.`,
  );
export const staffInTwoArms = (
  path: string,
  column: string,
  member: string,
  arm: string,
  otherArm: string,
  other: Words,
): ReportedProblem =>
  warning(
    "trial.staff-in-two-arms",
    path,
    `${column} ${quoted(member)} has participants of arm ${quoted(arm)} and of ${quoted(otherArm)} (${other.en}): the arms are not kept apart. Correct what is wrong; participants are analysed as randomised.`,
    `${column} ${quotedSv(member)} har deltagare både i armen ${quotedSv(arm)} och i armen ${quotedSv(otherArm)} (${other.sv}): armarna hålls inte isär. Rätta det som är fel; deltagarna analyseras enligt randomiseringen.`,
  );
export const clustersInTwoArms = (
  path: string,
  column: string,
  cluster: string,
  [arm, otherArm]: readonly [string, string],
  inTwo: number,
  of: number,
): ReportedProblem =>
  warning(
    "trial.clusters-in-two-arms",
    path,
    `The plan says that clusters were randomised (design: cluster), and ${inTwo} of ${of} values of ${quoted(column)} have participants of both arms: ${quoted(cluster)} has ${quoted(arm)} and ${quoted(otherArm)}. Correct the data, name the clusters that were randomised in trial.clusters, or declare "design: individual".`,
    `Enligt planen randomiserades kluster (design: cluster), men ${inTwo} av ${of} värden på ${quotedSv(column)} har deltagare i båda armarna: ${quotedSv(cluster)} har ${quotedSv(arm)} och ${quotedSv(otherArm)}. Rätta data, ange i trial.clusters vilka kluster som randomiserades eller ange ”design: individual”.`,
  );
export const clusterWithoutParticipants = (path: string, column: string, name: string, file: string): ReportedProblem =>
  warning(
    "trial.cluster-without-participants",
    path,
    `${column} ${quoted(name)} has no participant in ${file}. Say why in the report of the trial, or add what is missing.`,
    `${column} ${quotedSv(name)} har ingen deltagare i ${file}. Förklara det i redovisningen av studien, eller lägg till det som saknas.`,
  );
export const changedSinceRandomised = (
  path: string,
  name: string,
  later: string,
  changed: number,
  all: number,
): ReportedProblem =>
  note(
    "trial.changed-since-randomised",
    path,
    `${changed} of ${all} participants have another ${later} than ${name}; this is the first. Analyses are as randomised, but for populations by the arm received.`,
    `${changed} av ${all} deltagare har ett annat värde på ${later} än på ${name}; här är den första. Analyserna är enligt randomiseringen, utom för populationer efter den arm som gavs.`,
  );

export const blindNeedsArms = (): Problem =>
  error(
    "options.blind-needs-arms",
    "--blind",
    "The plan names no arms (trial.arm), so there is nothing to blind. Name them, or leave --blind out.",
  );

// several files

export const missingColumnEverywhere = (name: string, files: readonly string[], nearest: string | undefined): Problem =>
  error(
    "data.missing-column",
    files.join(", "),
    `The plan declares a column ${quoted(name)} that none of the files has.${meant(nearest)}`,
  );
export const joinKeyMissing = (file: string, line: number, key: string): Problem =>
  error(
    "data.join-key-missing",
    inCell(file, line, key),
    "The cell is empty, but it is the key of the table. Fill it in.",
  );
export const joinRepeatedKey = (file: string, line: number, key: string, value: string, before: number): Problem =>
  error(
    "data.join-repeated-key",
    inCell(file, line, key),
    `${quoted(value)} is on line ${before} already. The key of a table may be there once, or joining it would multiply rows. Keep one.`,
  );
export const joinNoMatch = (
  file: string,
  line: number,
  column: string,
  value: string,
  other: string,
  key: string,
): Problem =>
  error(
    "data.join-no-match",
    inCell(file, line, column),
    `${quoted(value)} is not in column "${key}" of ${other}. Correct it, or add the row there.`,
  );
export const joinedColumnTwice = (column: string, file: string, other: string): Problem =>
  error(
    "data.join-column-twice",
    `column "${column}"`,
    `${file} and ${other}, which is joined with it, both have it. Say which is meant with "table:" in the plan's columns.`,
  );
export const joinCircle = (names: readonly string[]): Problem =>
  error("data.join-circle", "data.tables", `The joins go round in a circle: ${names.join(", ")}. Remove one.`);
export const derivedNowhere = (column: string, tables: readonly string[]): Problem =>
  error(
    "data.derived-nowhere",
    `column "${column}", derive`,
    `No table has all the columns that it is made of (${tables.join(", ")}). Join the tables that have them.`,
  );

// summaries

export const summarySeveralRows = (path: string, name: string, per: string, label: string, before: number): Problem =>
  error(
    "data.summary-several-rows",
    path,
    `The column ${quoted(name)} takes one row of each ${per}, but ${quoted(label)} has one on line ${before} already. Correct the data, or say which to take: first, last or mean.`,
  );
export const summaryNeedsNumber = (path: string, column: string, take: string): Problem =>
  error(
    "plan.summary-needs-number",
    path,
    `There is no ${take} of ${quoted(column)}: it is no number. Take one, first, last or count.`,
  );
export const summaryNeedsValue = (path: string, name: string, take: string): Problem =>
  error(
    "plan.summary-needs-value",
    path,
    `${quoted(name)} takes the ${take} of nothing. Name the column with "value".`,
  );
export const summaryNeedsPer = (path: string, name: string): Problem =>
  error(
    "plan.summary-needs-per",
    path,
    `${quoted(name)} has one value for each of what? Name the column with "per", or trial.participant.`,
  );
export const summaryAndDerive = (path: string, name: string): Problem =>
  error("plan.summary-and-derive", path, `${quoted(name)} has both "derive" and "summarise". Keep one.`);
export const summaryUnknownColumn = (
  path: string,
  name: string,
  isLater: boolean,
  nearest: string | undefined,
): Problem =>
  error(
    "plan.summary-unknown-column",
    path,
    isLater
      ? `The column ${quoted(name)} is not yet made here. Put it above the columns that use it.`
      : `The plan declares no column ${quoted(name)}.${meant(nearest)}`,
  );
export const summaryColumnElsewhere = (path: string, column: string, table: string): Problem =>
  error(
    "plan.summary-column-elsewhere",
    path,
    `The table "${table}" has no column ${quoted(column)}. Name the table that has it.`,
  );

// scores and classes of change

export const madeTwice = (path: string, name: string, ways: readonly string[]): Problem =>
  error("plan.made-twice", path, `${quoted(name)} is made by ${ways.map(quoted).join(" and ")}. Keep one.`);
export const madeColumnType = (path: string, column: string, key: string, wanted: string, type: string): Problem =>
  error(
    "plan.made-column-type",
    path,
    `"${key}" needs a column of type ${wanted}. ${quoted(column)} has type ${type}.`,
  );
export const madeType = (path: string, name: string, way: string, wanted: string, type: string): Problem =>
  error("plan.made-type", path, `A column with "${way}" has type ${wanted}. ${quoted(name)} has type ${type}.`);
export const instrumentUnknown = (path: string, name: string, nearest: string | undefined): Problem =>
  error(
    "plan.unknown-instrument",
    path,
    `There is no instrument ${quoted(name)}.${meant(nearest)} Name one of the registry, or declare it under "instruments" with range, better and source.`,
  );
export const instrumentIncomplete = (path: string, name: string, key: string): Problem =>
  error(
    "plan.instrument-incomplete",
    path,
    `The registry has no instrument ${quoted(name)}, so the plan must say its "${key}".`,
  );
export const instrumentTwoCriteria = (path: string, name: string): Problem =>
  error(
    "plan.instrument-two-criteria",
    path,
    `${quoted(name)} has "points" beside "sd" and "reliability". Keep the one by which change is to be judged.`,
  );
export const changeNoCriterion = (path: string, instrument: string): Problem =>
  error(
    "plan.change-no-criterion",
    path,
    `How much change of ${quoted(instrument)} is reliable? Declare "sd" and "reliability", or "points".`,
  );
export const changeCutoffGroups = (path: string, instrument: string, groups: readonly string[]): Problem =>
  error(
    "plan.change-cutoff-groups",
    path,
    `${quoted(instrument)} has a cut-off for each of ${quotedList(groups)}. Say which rows are which: cutoff: { by: COLUMN, levels: { LEVEL: ${groups[0]}, … } }.`,
  );
export const changeUnknownGroup = (path: string, group: string, groups: readonly string[]): Problem =>
  error(
    "plan.change-unknown-group",
    path,
    groups.length === 0
      ? `The instrument has no cut-offs by group, so ${quoted(group)} says nothing. Write the number.`
      : `The instrument has no cut-off for ${quoted(group)}. It has one for ${quotedList(groups)}; or write the number.`,
  );
export const changeLevelWithoutCutoff = (path: string, column: string, level: string): Problem =>
  error(
    "plan.change-level-without-cutoff",
    path,
    `The level ${quoted(level)} of ${quoted(column)} has no cut-off. Give it one.`,
  );
export const changeLevels = (path: string, name: string, missing: readonly string[]): Problem =>
  error(
    "plan.change-levels",
    path,
    `${quoted(name)} can be ${quotedList(missing)}, which its levels have not. Add ${missing.length === 1 ? "it" : "them"}.`,
  );
export const changeIsNeedsBinary = (path: string, name: string, type: string): Problem =>
  error(
    "plan.change-is-needs-binary",
    path,
    type === "binary"
      ? `${quoted(name)} is binary. Say with "is" which classes are 1.`
      : `"is" makes a 0/1 of the classes, and ${quoted(name)} has type ${type}. Use type: binary, or remove "is".`,
  );
export const scoreReversedUnknown = (path: string, column: string): Problem =>
  error("plan.score-reversed-unknown", path, `${quoted(column)} is reversed but is not one of the items.`);
export const scoreNeedsRange = (path: string, name: string): Problem =>
  error(
    "plan.score-needs-range",
    path,
    `To reverse items of ${quoted(name)}, say their lowest and highest answer: range: [0, 4].`,
  );
export const scoreItemCount = (path: string, instrument: string, count: number, given: number): Problem =>
  error("plan.score-item-count", path, `${quoted(instrument)} has ${count} items, and ${given} are listed.`);
export const scoreItemTwice = (path: string, column: string): Problem =>
  error("plan.score-item-twice", path, `The item ${quoted(column)} is listed twice.`);
export const scoreAllowsAll = (path: string, allow: number, items: number): Problem =>
  error(
    "plan.score-allows-all",
    path,
    `${allow} of ${items} items may be missing, so that a score could be made of none. Allow fewer.`,
  );

// populations

export const planUnknownPopulation = (path: string, name: string, nearest: string | undefined): Problem =>
  error(
    "plan.unknown-population",
    path,
    `The plan has no population ${quoted(name)}.${meant(nearest)} Declare it under "populations", or leave the key out for intention to treat.`,
  );
export const populationNoReceived = (path: string, name: string, arm: string | undefined): Problem =>
  error(
    "plan.population-no-received",
    path,
    `The population ${quoted(name)} is by the arm received, but the plan does not say which column that is. Declare trial.received: { ${arm ?? "arm"}: COLUMN }.`,
  );
export const planReceivedLevels = (path: string, column: string, arm: string, levels: readonly string[]): Problem =>
  error(
    "plan.received-levels",
    path,
    `${quoted(column)} is the arm received, so it must be a factor with the levels of ${quoted(arm)}: ${levels.join(", ")}.`,
  );
export const populationArmUnused = (path: string, name: string, arm: string): Problem =>
  error(
    "plan.population-arm-unused",
    path,
    `The population ${quoted(name)} is by the arm received, but the analysis does not use ${quoted(arm)}. Give it a population by the arm as randomised.`,
  );
export const populationArmMade = (path: string, name: string, column: string, arm: string): Problem =>
  error(
    "plan.population-arm-made",
    path,
    `The population ${quoted(name)} is by the arm received, but ${quoted(column)} is made of ${quoted(arm)} as randomised. Leave it out, or make a column of the arm received.`,
  );
export const jointPartPopulation = (path: string, id: string): Problem =>
  error("plan.joint-part-population", path, `The analysis ${quoted(id)} is of another population. Give both the same.`);
export const populationUnjudged = (path: string, where: string, rows: number): ReportedProblem =>
  warning(
    "population.unjudged",
    path,
    `${rows} ${rows === 1 ? "row" : "rows"} cannot be judged by ${quoted(where)}, since a value is missing, and ${rows === 1 ? "stays" : "stay"} in the population.`,
    `${rows} ${rows === 1 ? "rad" : "rader"} kan inte bedömas enligt ${quotedSv(where)}, eftersom ett värde saknas, och blir kvar i populationen.`,
  );
export const populationEmpty = (path: string, name: string): Problem =>
  error("population.empty", path, `Nobody is in the population ${quoted(name)}. Correct its rules.`);

// counts and shares

export const sharesColumnType = (path: string, column: string, type: string): Problem =>
  error(
    "shares.column-type",
    path,
    `Only 0/1 columns and factors have shares. ${quoted(column)} is of type ${type}. Derive a 0/1 column from it.`,
  );
export const sharesIgnoreClusters = (path: string, cluster: string): ReportedProblem =>
  note(
    "shares.clusters-ignored",
    path,
    `The intervals describe each group and treat participants of one ${cluster} as unrelated. Compare groups by a model that does not.`,
    `Intervallen beskriver varje grupp och räknar deltagare inom samma kluster (${cluster}) som oberoende. Jämför grupper med en modell som tar hänsyn till kluster.`,
  );
/**
 * @param rows        of the stepped wedge, of `of` that are used
 * @param individual  of a joint trial, where participants were randomised; null: the trial is a stepped wedge
 */
export const wedgeArmsCompared = (
  path: string,
  rows: number,
  of: number,
  individual: { readonly column: string; readonly level: string } | null,
): ReportedProblem =>
  note(
    "arms.calendar-time",
    path,
    individual === null
      ? "In a stepped wedge the arms differ in calendar time, so that a comparison of the arms here is not as randomised. Compare them by the stepped-wedge model."
      : `${rows} of ${of} rows ${rows === 1 ? "is" : "are"} of the stepped wedge, where the arms differ in calendar time, so that a comparison of the arms here is not as randomised. Compare them by the joint model, or restrict the rows by "where" to ${quoted(individual.level)} of ${quoted(individual.column)}.`,
    individual === null
      ? "Vid stegvis införande (stepped wedge) skiljer sig armarna åt i kalendertid, så en jämförelse av armarna här följer inte randomiseringen. Jämför dem med modellen för stegvis införande (stepped-wedge)."
      : `${rows} av ${of} rader kommer från designen med stegvis införande (stepped wedge), där armarna skiljer sig åt i kalendertid, så en jämförelse av armarna här följer inte randomiseringen. Jämför dem med den gemensamma modellen, eller begränsa analysen till ${quotedSv(individual.level)} i ${quotedSv(individual.column)}.`,
  );
export const changeNotClassified = (path: string, column: string): Problem =>
  error(
    "plan.change-not-classified",
    path,
    `${quoted(column)} is not a class of change. Name a column that has "classify".`,
  );
export const changeGridNeedsScale = (path: string): Problem =>
  error("plan.change-grid", path, "Each SD and reliability of the grid must be listed once.");
export const changeNoSeverity = (path: string): ReportedProblem =>
  note(
    "change.no-severity-adjustment",
    path,
    "There is no severity-adjusted effect size: fewer than three clients to adjust by, or all with the same score before.",
    "Effektstorleken justerad för svårighetsgrad kan inte beräknas: färre än tre klienter att justera efter, eller alla med samma värde före.",
  );

// derived columns and conditions

export const notDerivable = (path: string, name: string, type: string): Problem =>
  error(
    "data.not-derivable",
    path,
    `The column "${name}" has type ${type} and cannot be derived. Columns of type number, binary or factor can.`,
  );
export const expressionSyntax = (path: string, text: string, detail: string, position: number | null): Problem =>
  error(
    "expression.syntax",
    path,
    `The expression ${quoted(text)} cannot be read${position === null ? "" : ` at character ${position}`}: ${detail}`,
  );
export const expressionTooLong = (path: string, limit: string): Problem =>
  error("expression.too-long", path, `The expression is longer or deeper than ${limit}. Derive a column in steps.`);
export const expressionUnknownColumn = (path: string, name: string, suggestion: string | undefined): Problem =>
  error(
    "expression.unknown-column",
    path,
    `Unknown column ${quoted(name)}.${meant(suggestion) || " Declare it under columns; a text needs quotes."}`,
  );
export const expressionLaterColumn = (path: string, name: string): Problem =>
  error(
    "expression.later-column",
    path,
    `The derived column ${quoted(name)} is not yet made here. Put it above the columns that use it.`,
  );
export const expressionUnknownFunction = (path: string, name: string, known: readonly string[]): Problem =>
  error("expression.unknown-function", path, `Unknown function ${quoted(name)}. There are ${known.join(", ")}.`);
export const expressionArguments = (path: string, name: string, usage: string): Problem =>
  error("expression.arguments", path, `${name} is used as ${usage}.`);
export const expressionUnknownLevel = (
  path: string,
  column: string,
  value: string,
  levels: readonly string[],
  suggestion: string | undefined,
): Problem =>
  error(
    "expression.unknown-level",
    path,
    `${quoted(value)} is not a level of ${column} (${quotedList(levels)}).${meant(suggestion)}`,
  );
export const expressionMismatch = (path: string, operator: string, left: string, right: string): Problem =>
  error(
    "expression.mismatch",
    path,
    `${operator} cannot be used between ${left} and ${right}. Texts are quoted, numbers are not; neither turns into the other.`,
  );
export const expressionNeeds = (path: string, operator: string, needed: string, found: string): Problem =>
  error("expression.needs", path, `${operator} needs ${needed}; it has ${found}.`);
export const expressionRefused = (path: string, what: string, instead: string): Problem =>
  error("expression.refused", path, `${what} cannot be used in an expression. ${instead}`);
export const expressionResult = (path: string, needed: string, found: string): Problem =>
  error("expression.result", path, `The expression must give ${needed}; it gives ${found}.`);
export const expressionUndefined = (path: string, what: string, rows: number): Problem =>
  error(
    "expression.undefined",
    path,
    `${what} has no value here${rows > 1 ? ` (and in ${rows - 1} more ${rows === 2 ? "row" : "rows"})` : ""}. Guard it by a condition, as in x > 0 ? log(x) : null.`,
  );

// ── plan ────────────────────────────────────────────────────────────────────────────────────────

export const planTooLarge = (path: string, bytes: number): Problem =>
  error(
    "plan.too-large",
    path,
    `The plan holds ${(bytes / 1e6).toFixed(1)} MB; at most 1 MB is read. Data belong in the file that data.file names.`,
  );
export const planNotText = (path: string): Problem =>
  error("plan.not-text", path, "This is not a text file in UTF-8. A plan is a YAML file; save it as text, in UTF-8.");
export const planEmpty = (path: string): Problem =>
  error("plan.empty", path, "The plan is empty. It begins with the line plan: fit-rct/1.");
export const planSyntax = (path: string, detail: string): Problem =>
  error("plan.syntax", path, `Not valid YAML: ${detail}`);
export const planSeveralDocuments = (path: string): Problem =>
  error("plan.several-documents", path, 'A plan is one YAML document; remove this "---" and what follows it.');
export const planTooManyAliases = (path: string): Problem =>
  error(
    "plan.too-many-aliases",
    path,
    "The YAML aliases (*name) expand to too much. Write the repeated parts out; at most 100 aliases are read.",
  );
export const planUnknownAlias = (path: string, alias: string): Problem =>
  error(
    "plan.unknown-alias",
    path,
    `The alias *${alias} has no anchor &${alias} above it. Put a text with * in quotes.`,
  );
export const planTooDeep = (path: string): Problem =>
  error(
    "plan.too-deep",
    path,
    "Lists or keys are nested too deeply here; no plan needs this. Look for a missing ] or }.",
  );
export const planTagged = (path: string): Problem =>
  error("plan.tag", path, "A value that begins with ! is a YAML tag. Put the value in quotes.");
export const planDuplicateKey = (path: string, key: string, firstLine: number): Problem =>
  error(
    "plan.duplicate-key",
    path,
    `The key ${quoted(key)} is there twice; the first is on line ${firstLine}. Keep one.`,
  );
export const planKeyNotText = (path: string): Problem =>
  error("plan.key-not-text", path, "A key must be a text here, not a list or keys of its own.");
export const planUnknownKey = (path: string, key: string, owner: string, suggestion: string | undefined): Problem =>
  error("plan.unknown-key", path, `Unknown key ${quoted(key)} in ${owner}.${didYouMean(suggestion) || " Remove it."}`);
export const planMissingKey = (path: string, key: string, owner: string): Problem =>
  error("plan.missing-key", path, `The key ${quoted(key)} is missing in ${owner}. Add it.`);
export const planReservedName = (path: string, name: string): Problem =>
  error("plan.reserved-name", path, `A column cannot have the name ${quoted(name)}. Rename it, in the data too.`);
export const planWrongType = (path: string, key: string, expected: string, found: string): Problem =>
  error("plan.wrong-type", path, `${quoted(key)} must be ${expected}; it is ${found}.`);
export const planUnknownValue = (
  path: string,
  key: string,
  found: string,
  allowed: readonly string[],
  suggestion: string | undefined,
): Problem =>
  error(
    "plan.unknown-value",
    path,
    `${quoted(key)} must be ${allowed.length > 1 ? `one of ${allowed.join(", ")}` : allowed.join("")}; it is ${found}.${didYouMean(suggestion)}`,
  );
export const planLevelNotShare = (path: string, level: number): Problem =>
  error(
    "plan.level-not-share",
    path,
    `"level" is a share above 0.5 and below 1; it is ${level}.${level > 50 && level < 100 ? ` Write ${level / 100}.` : " Write 0.95 for 95 %."}`,
  );
export const planInvalidId = (path: string, id: string): Problem =>
  error("plan.invalid-id", path, `The id ${quoted(id)} may have lower-case letters a–z, digits and hyphens only.`);
export const planInvalidDate = (path: string, key: string, found: string): Problem =>
  error("plan.invalid-date", path, `${quoted(key)} must be a date such as 2024-09-19; it is ${quoted(found)}.`);
export const planEmptyValue = (path: string, key: string, what: string): Problem =>
  error("plan.empty-value", path, `${quoted(key)} is empty. ${what}`);
export const planSeedOutOfRange = (path: string, found: string): Problem =>
  error("plan.seed", path, `"seed" must be a whole number from 0 to 9007199254740991; it is ${found}.`);
export const planInvalidValue = (path: string, key: string, found: string): Problem =>
  error("plan.invalid-value", path, `${quoted(key)} cannot be ${found}. See: analyze schema plan.`);
export const planNotInVersion = (path: string, what: string, instead: string): Problem =>
  error(
    "plan.not-in-version",
    path,
    `${what} is part of the plan format but not in this version of fit-rct. ${instead}`,
  );
export const planDuplicateId = (path: string, id: string, firstLine: string): Problem =>
  error(
    "plan.duplicate-id",
    path,
    `The id ${quoted(id)} is there twice; the first is at ${firstLine}. Each analysis needs its own.`,
  );
export const planFileAndTables = (path: string): Problem =>
  error(
    "plan.file-and-tables",
    path,
    'The plan names one data file ("file") and several ("tables"). Keep one of them.',
  );
export const planUnknownTable = (
  path: string,
  name: string,
  tables: readonly string[],
  suggestion: string | undefined,
): Problem =>
  error(
    "plan.unknown-table",
    path,
    tables.length === 0
      ? `There is no table "${name}": the plan has one data file. Remove "table", or name the files in data.tables.`
      : `There is no table "${name}". data.tables has ${tables.join(", ")}.${didYouMean(suggestion)}`,
  );
export const planJoinNeedsKey = (path: string, table: string): Problem =>
  error("plan.join-needs-key", path, `The table "${table}" has no "key". Name the column that tells its rows apart.`);
export const planUnknownColumn = (path: string, name: string, used: string, suggestion: string | undefined): Problem =>
  error(
    "plan.unknown-column",
    path,
    `Unknown column ${quoted(name)} in ${used}.${didYouMean(suggestion) || " Add it to columns, or correct the name."}`,
  );
export const planNotFactor = (path: string, name: string, used: string, type: string): Problem =>
  error(
    "plan.not-factor",
    path,
    `${used} needs a factor; the column ${quoted(name)} is of type ${type}. Give it type: factor with its levels.`,
  );
export const planUnknownLevel = (
  path: string,
  level: string,
  column: string,
  levels: readonly string[],
  suggestion: string | undefined,
): Problem =>
  error(
    "plan.unknown-level",
    path,
    `${quoted(level)} is not a level of ${quoted(column)} (${quotedList(levels)}).${didYouMean(suggestion)}`,
  );
export const planDuplicateLevel = (path: string, level: string, column: string): Problem =>
  error("plan.duplicate-level", path, `The level ${quoted(level)} of ${quoted(column)} is there twice. Remove one.`);
export const planRangeReversed = (path: string, column: string, low: number, high: number): Problem =>
  error(
    "plan.range-reversed",
    path,
    `The range of ${quoted(column)} is [${low}, ${high}]. Write the smaller value first.`,
  );
export const planArmsEqual = (path: string, level: string): Problem =>
  error("plan.arms-equal", path, `control and intervention are the same level, ${quoted(level)}. Name two arms.`);
export const planKenwardRogerNeedsReml = (path: string): Problem =>
  error(
    "plan.kenward-roger-needs-reml",
    path,
    "df: kenward-roger needs method: REML. Change the method, or use df: satterthwaite.",
  );
export const planRandomTermInLinear = (path: string): Problem =>
  error(
    "plan.random-term-in-linear",
    path,
    "model: linear has no random terms. Use model: mixed, or remove the term ( | ).",
  );
export const planNoRandomTerm = (path: string): Problem =>
  error(
    "plan.no-random-term",
    path,
    "model: mixed needs a random term, such as (1 | participant). Add one, or use model: linear.",
  );
export const planMeansNotInFormula = (path: string, name: string, key: string): Problem =>
  error(
    "plan.means-not-in-formula",
    path,
    `${key} names ${quoted(name)}, which is not among the fixed effects of the formula. Add it to the formula, or remove it here.`,
  );
export const planMeansTwice = (path: string, name: string): Problem =>
  error("plan.means-twice", path, `${quoted(name)} is there twice in means. Name each column once in of and by.`);
export const planMeansOneLevel = (path: string, name: string): Problem =>
  error(
    "plan.means-one-level",
    path,
    `means.of names ${quoted(name)}, which has one level: there is no difference to estimate.`,
  );
export const planRoleTwice = (path: string, name: string): Problem =>
  error(
    "plan.role-twice",
    path,
    `The column ${quoted(name)} is there twice in clusters. Name each once, the outermost first.`,
  );
export const planChangedSinceLock = (path: string, what: Words, date: string): ReportedProblem =>
  warning(
    "plan.changed-since-lock",
    path,
    `${what.en} changed since the plan was locked on ${date}. The results are marked as not locked; see analyze lock.`,
    `${what.sv} har ändrats sedan planen låstes den ${date}. Resultaten märks som inte låsta; se analyze lock.`,
  );
export const planLockUnreadable = (path: string): ReportedProblem =>
  warning(
    "plan.lock-unreadable",
    path,
    "The lock file cannot be read, so the plan counts as not locked. Write it again with analyze lock.",
    "Låsfilen kan inte läsas, så planen räknas som inte låst. Skriv den på nytt med analyze lock.",
  );

export const planNotKeys = (path: string, found: string): Problem =>
  error(
    "plan.not-keys",
    path,
    `A plan is a YAML file of keys, plan: fit-rct/1, title: and so on; this file holds ${found}.`,
  );
export const planTooManyValues = (path: string): Problem =>
  error(
    "plan.too-many-values",
    path,
    "The plan holds more than 100 000 values. Data belong in the file that data.file names.",
  );

export const planControlNotReference = (path: string, control: string, reference: string): ReportedProblem =>
  warning(
    "plan.control-not-reference",
    path,
    `The control arm is ${quoted(control)}, but the first level, the reference of every difference, is ${quoted(reference)}. Differences will have the opposite sign; put ${quoted(control)} first in levels.`,
    `Kontrollarmen är ${quotedSv(control)}, men den första nivån, som varje skillnad jämförs med, är ${quotedSv(reference)}. Skillnaderna får omvänt tecken; sätt ${quotedSv(control)} först i levels.`,
  );
export const planSurvivalOutcome = (path: string, model: string): Problem =>
  error(
    "plan.survival-outcome",
    path,
    `model: ${model} needs a number as its outcome; Surv() is for models of time to an event, such as kaplan-meier.`,
  );
export const planRoleType = (path: string, role: string, name: string, needed: string, type: string): Problem =>
  error("plan.role-type", path, `${role} needs a column of type ${needed}; ${quoted(name)} is of type ${type}.`);
export const planValueType = (path: string, name: string, needed: string, found: string): Problem =>
  error("plan.value-type", path, `The value for ${quoted(name)} must be ${needed}; it is ${found}.`);

export const planEstimandTwice = (path: string, id: string): Problem =>
  error("plan.estimand-twice", path, `The estimand ${quoted(id)} is there twice. Each needs an id of its own.`);
export const planEstimandUnknownAnalysis = (path: string, id: string, suggestion: string | undefined): Problem =>
  error(
    "plan.estimand-unknown-analysis",
    path,
    `There is no analysis ${quoted(id)}.${didYouMean(suggestion) || " Name one of the plan's analyses."}`,
  );
export const planSapMissing = (path: string): ReportedProblem =>
  note(
    "plan.sap-missing",
    path,
    "The plan has no sap: texts on the items of a statistical analysis plan (Gamble 2017) that its other parts leave open.",
    "Planen saknar sap: texter om de delar av en statistisk analysplan (Gamble 2017) som inget annat i planen besvarar.",
  );
export const planSapItem = (path: string, item: number, about: string, answer: string): ReportedProblem =>
  note(
    "plan.sap-item",
    path,
    `Item ${item} of 32, ${about}, is not answered (Gamble 2017). Add ${answer}.`,
    `Punkt ${item} av 32 är inte besvarad (Gamble 2017). Lägg till ${answer}.`,
  );

// ── simulation ──────────────────────────────────────────────────────────────────────────────────

export const simulationUnknownKey = (path: string, key: string, suggestion: string | undefined): Problem =>
  error(
    "simulation.unknown-key",
    path,
    `Unknown key ${quoted(key)}.${didYouMean(suggestion) || " Remove it."} See: analyze schema simulation.`,
  );
export const simulationMissingKey = (path: string, key: string): Problem =>
  error("simulation.missing-key", path, `The key ${quoted(key)} is missing. Add it.`);
export const simulationInvalidValue = (path: string, key: string, needed: string, found: string): Problem =>
  error("simulation.invalid-value", path, `${quoted(key)} must be ${needed}; it is ${found}.`);
export const simulationShares = (path: string, key: string, sum: number): Problem =>
  error(
    "simulation.shares",
    path,
    `The shares of ${quoted(key)} add up to ${Number(sum.toFixed(6))}. Make them add up to 1.`,
  );
export const simulationLengths = (path: string, key: string, found: number, needed: number): Problem =>
  error(
    "simulation.lengths",
    path,
    `${quoted(key)} has ${found} hazards, but endings.from has ${needed} times. Give one hazard for each.`,
  );
export const simulationTimes = (path: string): Problem =>
  error("simulation.times", path, '"from" must begin with 0 and increase. Correct it.');
export const simulationLateSwitch = (path: string, quarter: number, quarters: number): Problem =>
  error(
    "simulation.late-switch",
    path,
    `A unit cannot switch in quarter ${quarter}: calendar.quarters is ${quarters}. Correct one of them.`,
  );
export const simulationIcc = (path: string, name: string, declared: number, found: number): Problem =>
  error(
    "simulation.icc",
    path,
    `The intracluster correlation of ${name} is declared as ${declared}, but the standard deviations give ${found.toFixed(3)}. Correct one of them.`,
  );
export const simulationNotOurs = (path: string): Problem =>
  error(
    "simulation.not-ours",
    path,
    "This file was not made by analyze simulate, or was changed since; it may hold real data. Choose another folder with --out, or move it away.",
  );

// ── formula and frame ───────────────────────────────────────────────────────────────────────────

const atCharacter = (at: number, around: string): string => `at character ${at} of the formula, in "${around}"`;

export const formulaEmpty = (path: string): Problem =>
  error("formula.empty", path, "The formula is empty. Write one such as bdi ~ treatment + (1 | participant).");
export const formulaTooLarge = (path: string, what: string): Problem =>
  error("formula.too-large", path, `The formula has ${what}. Write a smaller one.`);
export const formulaTildes = (path: string, at: readonly number[]): Problem =>
  error(
    "formula.tilde",
    path,
    at.length === 0
      ? 'The formula has no "~". Write outcome ~ terms.'
      : `The formula has ${at.length} "~", at characters ${at.join(", ")}. Keep one, between outcome and terms.`,
  );
export const formulaEmptySide = (path: string, side: "left" | "right"): Problem =>
  error(
    "formula.empty-side",
    path,
    side === "left"
      ? 'There is no outcome to the left of "~". Write outcome ~ terms.'
      : 'There is nothing to the right of "~". Write terms, or 1 for the mean alone.',
  );
export const formulaUnbalanced = (path: string, which: "opened" | "closed", at: number, around: string): Problem =>
  error(
    "formula.unbalanced-parenthesis",
    path,
    which === "opened"
      ? `The parenthesis opened ${atCharacter(at, around)}, is not closed. Add ")".`
      : `The parenthesis closed ${atCharacter(at, around)}, was not opened. Remove it, or add "(" before it.`,
  );
export const formulaUnclosedQuote = (path: string, at: number, around: string): Problem =>
  error(
    "formula.unclosed-quote",
    path,
    `The backtick ${atCharacter(at, around)}, begins no column name. Write it as \`name\`.`,
  );
export const formulaUnexpectedCharacter = (path: string, character: string, at: number, around: string): Problem =>
  error(
    "formula.unexpected-character",
    path,
    `"${character}" ${atCharacter(at, around)}, has no meaning in a formula. Put a column name that holds it in backticks.`,
  );
export const formulaStrayOperator = (path: string, operator: string, at: number, around: string): Problem =>
  error(
    "formula.stray-operator",
    path,
    `"${operator}" ${atCharacter(at, around)}, has nothing to work on. Remove it, or write what is missing.`,
  );
export const formulaMissingOperator = (path: string, found: string, at: number, around: string): Problem =>
  error(
    "formula.missing-operator",
    path,
    `"${found}" ${atCharacter(at, around)}, follows without an operator. Put + between terms; put a name with spaces in backticks.`,
  );
export const formulaUnknownFunction = (
  path: string,
  name: string,
  at: number,
  known: readonly string[],
  suggestion: string | undefined,
): Problem =>
  error(
    "formula.unknown-function",
    path,
    `Unknown function "${name}" at character ${at} of the formula.${didYouMean(suggestion)} Known: ${known.join(", ")}.`,
  );
export const formulaArguments = (path: string, name: string, at: number, expected: string): Problem =>
  error("formula.arguments", path, `${name}() at character ${at} of the formula takes ${expected}.`);
export const formulaNotHere = (path: string, what: string, at: number, advice: string): Problem =>
  error("formula.not-here", path, `"${what}" cannot stand at character ${at} of the formula. ${advice}`);
export const formulaPowerOfOne = (path: string, variable: string, power: string, at: number): Problem =>
  error(
    "formula.power-of-one",
    path,
    `"${variable}^${power}" at character ${at} means ${variable} alone in a formula. Write I(${variable}^${power}) for its power.`,
  );
export const formulaResponseOnRight = (path: string, response: string): Problem =>
  error(
    "formula.response-on-right",
    path,
    `The outcome "${response}" is also a term of its own model. Remove the term.`,
  );
export const formulaDuplicateRandomTerm = (
  path: string,
  effect: string,
  group: string,
  first: string,
  second: string,
): Problem =>
  error(
    "formula.duplicate-random-term",
    path,
    effect === "1"
      ? `${first} and ${second} both have a random intercept for "${group}". Keep one; write 0 + in the other.`
      : `${first} and ${second} both have a random effect of "${effect}" for "${group}". Keep one.`,
  );
export const specialNotTaken = (path: string, term: string, at: number): Problem =>
  error(
    "formula.special-not-taken",
    path,
    `This model does not take the term ${term} (character ${at} of the formula). Remove it, or choose the model it is for.`,
  );
export const frameUnknownColumn = (
  path: string,
  name: string,
  table: string,
  suggestion: string | undefined,
): Problem =>
  error(
    "formula.unknown-column",
    path,
    `Unknown column "${name}" in the formula; ${table === "" ? "the table" : table} does not have it.${didYouMean(suggestion) || " Correct the name, or add the column to columns."}`,
  );
export const frameFactorOutcome = (path: string, name: string): Problem =>
  error(
    "frame.factor-outcome",
    path,
    `The outcome "${name}" is a factor or an id; this model needs numbers. Declare it type: number or binary (0/1), or derive a 0/1 column from it.`,
  );
export const frameSurvivalOutcome = (path: string, response: string): Problem =>
  error(
    "frame.survival-outcome",
    path,
    `The outcome ${response} is a survival time; this model needs a number. Use model: kaplan-meier or cox, or name a column.`,
  );
export const frameNotNumeric = (path: string, name: string, expression: string): Problem =>
  error(
    "frame.not-numeric",
    path,
    `"${name}" is a factor or an id, and ${expression} needs numbers. Use ${name} as a term by itself, or declare it type: number.`,
  );
export const frameNoFixedTerms = (path: string): Problem =>
  error("frame.no-fixed-terms", path, "The formula has no fixed terms and no intercept. Remove 0 + or - 1.");
export const frameAllMissing = (path: string, name: string, where: string | null): Problem =>
  error(
    "frame.all-missing",
    path,
    `"${name}" is missing in every row${where === null ? "" : ` that "${where}" keeps`}. Remove it from the formula, or check the data and what counts as missing.`,
  );
export const frameNoRows = (
  path: string,
  table: string,
  rows: number,
  excluded: readonly { readonly reason: string; readonly detail: string; readonly rows: { readonly length: number } }[],
): Problem => {
  const why = excluded.map(({ reason, detail, rows: { length } }) =>
    reason === "missing"
      ? `${length} because "${detail}" is missing`
      : `${length} because "${detail}" is ${reason === "where" ? "not true" : "missing"}`,
  );
  return error(
    "frame.no-rows",
    path,
    rows === 0
      ? `${table === "" ? "The table" : table} has no rows.`
      : `None of the ${rows} rows can be used: ${why.join(", ")}. Check the condition and the columns of the formula.`,
  );
};
export const frameConstantOutcome = (path: string, name: string, value: number, rows: number): Problem =>
  error(
    "frame.constant-outcome",
    path,
    `The outcome "${name}" is ${value} in ${rows === 1 ? "the only row" : `all ${rows} rows`} used: there is nothing to explain. Check where and the data.`,
  );
export const frameOneLevel = (path: string, name: string, level: string): Problem =>
  error(
    "frame.one-level",
    path,
    `"${name}" has one level left in the rows used, "${level}", so it has no effect to estimate. Remove it from the formula, or check where and the missing values.`,
  );
export const frameOneCluster = (path: string, group: string, level: string): Problem =>
  error(
    "frame.one-cluster",
    path,
    `"${group}" has one level in the rows used, "${level}": a variance between levels needs at least two. Remove the random term, or check where.`,
  );
export const frameLevelPerRow = (path: string, group: string, rows: number): Problem =>
  error(
    "frame.level-per-row",
    path,
    `"${group}" has a level of its own for each of the ${rows} rows used, so its random intercept cannot be told from the residual. Remove the term, or use more rows per level.`,
  );
export const frameTooManyEffects = (
  path: string,
  group: string,
  terms: number,
  levels: number,
  rows: number,
): Problem =>
  error(
    "frame.too-many-effects",
    path,
    `The random term for "${group}" has ${terms} effects for each of ${levels} levels, ${terms * levels} in all, for ${rows} rows. Use fewer terms, such as (1 | ${group}).`,
  );
export const frameNotFinite = (
  path: string,
  expression: string,
  place: string,
  count: number,
  cells: readonly string[],
): Problem =>
  error(
    "frame.not-finite",
    path,
    `${expression} is not a finite number in ${count === 1 ? "1 row" : `${count} rows`}, first in ${place}${cells.length > 0 ? `, where ${cells.join(", ")}` : ""}. Leave such rows out with where, or change the expression.`,
  );
export const frameSplineKnots = (path: string, expression: string): Problem =>
  error(
    "frame.spline-knots",
    path,
    `${expression} needs more distinct values in the rows used: a knot falls on the smallest or largest value. Use fewer degrees of freedom, or a straight line.`,
  );
export const frameUnknownLevel = (path: string, level: string, name: string, levels: readonly string[]): Problem =>
  error(
    "frame.unknown-level",
    path,
    `"${level}" is not among the levels of "${name}" that the model was fitted to (${levels.slice(0, 8).join(", ")}${levels.length > 8 ? ", …" : ""}).`,
  );
export const frameTooLarge = (path: string, rows: number, columns: number): Problem =>
  error(
    "frame.too-large",
    path,
    `The terms make ${columns} columns for ${rows} rows, too many to hold. Is an identifier among the terms? Use it as (1 | id).`,
  );
export const frameLevelsDropped = (path: string, name: string, levels: readonly string[]): ReportedProblem =>
  note(
    "frame.levels-dropped",
    path,
    `No row used has ${levels.length === 1 ? "the level" : `these ${levels.length} levels`} of "${name}": ${levels.slice(0, 8).join(", ")}${levels.length > 8 ? ", …" : ""}. Left out.`,
    `Ingen använd rad har ${levels.length === 1 ? "denna nivå" : `dessa ${levels.length} nivåer`} av ”${name}”: ${levels.slice(0, 8).join(", ")}${levels.length > 8 ? ", …" : ""}. ${levels.length === 1 ? "Den är utelämnad" : "De är utelämnade"}.`,
  );

// ── survival times ──────────────────────────────────────────────────────────────────────────────

export const survivalOutcomeNeeded = (path: string, response: string): Problem =>
  error(
    "survival.outcome",
    path,
    `The outcome ${response} is not a survival time. Write Surv(time, event) or Surv(start, stop, event).`,
  );
export const survivalFactorTime = (path: string, name: string): Problem =>
  error(
    "survival.factor-time",
    path,
    `The time "${name}" is a factor or an id; a survival time is a number. Declare it type: number.`,
  );
export const survivalEventExpression = (path: string, name: string, expression: string): Problem =>
  error(
    "survival.event-expression",
    path,
    `"${name}" is a factor or an id, and ${expression} needs numbers. Use ${name} as the event by itself, with censored: LEVEL.`,
  );
export const survivalIdEvent = (path: string, name: string): Problem =>
  error(
    "survival.id-event",
    path,
    `The event "${name}" is an id. Declare it type: binary (0 censored, 1 event), or type: factor with its levels.`,
  );
export const survivalNegativeTime = (path: string, name: string, value: number, place: string): Problem =>
  error(
    "survival.negative-time",
    path,
    `The time "${name}" is ${value} in ${place}; a time is 0 or more. Correct it, or leave the row out with where.`,
  );
export const survivalStopNotAfterStart = (
  path: string,
  start: { readonly name: string; readonly value: number },
  stop: { readonly name: string; readonly value: number },
  place: string,
): Problem =>
  error(
    "survival.stop-not-after-start",
    path,
    `Observation must end after it begins, but "${start.name}" is ${start.value} and "${stop.name}" is ${stop.value} in ${place}${stop.value > start.value ? "; a difference this small is rounding" : ""}. Correct them, or leave the row out with where.`,
  );
export const survivalEventCode = (path: string, name: string, value: number, place: string): Problem =>
  error(
    "survival.event-code",
    path,
    `The event "${name}" is ${value} in ${place}; it must be 0 (censored) or 1 (event). Correct it, or declare "${name}" as a factor and name the level that is censoring: censored: LEVEL.`,
  );
export const survivalCensoredMissing = (path: string, name: string, levels: readonly string[]): Problem =>
  error(
    "survival.censored-missing",
    path,
    `The event "${name}" is a factor (${quotedList(levels)}). Say which level is censoring: censored: LEVEL.`,
  );
export const survivalCensoredUnknown = (
  path: string,
  level: string,
  name: string,
  levels: readonly string[],
  suggestion: string | undefined,
): Problem =>
  error(
    "survival.censored-unknown",
    path,
    `censored: ${quoted(level)} is not a level of "${name}".${didYouMean(suggestion)} The levels are ${quotedList(levels)}.`,
  );
export const survivalCensoredNotNeeded = (path: string, name: string): Problem =>
  error(
    "survival.censored-not-needed",
    path,
    `The event "${name}" is 0/1, so 0 is censoring already. Remove censored, or use a factor as the event.`,
  );
export const survivalNoEvents = (path: string, name: string, rows: number): Problem =>
  error(
    "survival.no-events",
    path,
    `No row has an event: "${name}" is censoring in ${rows === 1 ? "the only row" : `all ${rows} rows`} used. Check where, and what counts as an event.`,
  );
export const survivalOverlap = (
  path: string,
  participant: { readonly column: string; readonly value: string },
  intervals: readonly { readonly start: number; readonly stop: number; readonly place: string }[],
  countsFromZero: boolean,
): Problem =>
  error(
    "survival.overlap",
    path,
    `${participant.column} ${quoted(participant.value)} is under observation twice at the same time: ${intervals.map(({ start, stop, place }) => `${start} to ${stop} in ${place}`).join(", ")}. ${countsFromZero ? "Keep one row, write Surv(start, stop, event), or name the participant in cluster()." : "Correct the times, or keep one row."}`,
  );
export const survivalWeight = (path: string, name: string, value: number, place: string): Problem =>
  error(
    "survival.weight",
    path,
    `The weight "${name}" is ${value} in ${place}; a weight is above 0. Correct it, or leave the row out with where.`,
  );
export const survivalFactorWeight = (path: string, name: string): Problem =>
  error("survival.factor-weight", path, `weights: "${name}" is a factor or an id; weights are numbers above 0.`);
export const survivalGroupNotFactor = (path: string, name: string): Problem =>
  error(
    "survival.group-not-factor",
    path,
    `"${name}" makes no groups: curves are compared between the levels of factors and 0/1 columns. Declare it as a factor, write factor(${name}), or derive classes of it.`,
  );
export const survivalSeveralCauses = (path: string, name: string, causes: readonly string[], model: string): Problem =>
  error(
    "survival.several-causes",
    path,
    `"${name}" has several kinds of event (${quotedList(causes)}); "model: ${model}" takes one. Use "model: competing-risks", or derive a 0/1 column.`,
  );
export const survivalFractionalWeight = (path: string, name: string, value: number, place: string): Problem =>
  error(
    "survival.fractional-weight",
    path,
    `The weight "${name}" is ${value} in ${place}. Here a weight is a number of participants: whole numbers only.`,
  );
/** The group of everybody, where there are none. */
const groupSv = (group: string): string => (group === "all" ? "alla" : group);
export const survivalStrataWithoutEvents = (path: string, strata: readonly string[]): ReportedProblem =>
  note(
    "survival.strata-without-events",
    path,
    `${strata.length === 1 ? "A stratum has" : `${strata.length} strata have`} no event and ${strata.length === 1 ? "adds" : "add"} nothing to the comparison: ${quotedList(strata)}.`,
    `${strata.length === 1 ? "Ett stratum" : `${strata.length} strata`} saknar händelser och bidrar inte till jämförelsen: ${quotedListSv(strata)}.`,
  );
export const survivalOneEventTime = (path: string, time: number, events: number): ReportedProblem =>
  warning(
    "survival.one-event-time",
    path,
    `All ${events} events are at one time, ${time}: who has the event can be compared, but not how early. Check the times.`,
    `Alla ${events} händelser inträffar vid samma tid, ${inSwedish(time)}: vilka som har händelsen kan jämföras, men inte hur tidigt. Kontrollera tiderna.`,
  );
export const survivalClustersNotAtRisk = (path: string, group: string, levels: readonly string[]): ReportedProblem =>
  warning(
    "survival.clusters-not-at-risk",
    path,
    `In ${levels.length === 1 ? "one level" : `${levels.length} levels`} of "${group}" nobody is under observation at the time of any event, so they tell nothing: ${quotedList(levels)}.`,
    `I ${levels.length === 1 ? "en nivå" : `${levels.length} nivåer`} av ”${group}” följs ingen vid tiden för någon händelse, så ${levels.length === 1 ? "den bidrar" : "de bidrar"} inte till skattningen: ${quotedListSv(levels)}.`,
  );
export const survivalGroupWithoutEvents = (path: string, group: string, rows: number): ReportedProblem =>
  warning(
    "survival.group-without-events",
    path,
    `No one of ${group} has an event (${rows === 1 ? "1 row" : `${rows} rows`}): its curve stays at 1, with a standard error of 0 that says nothing about its precision.`,
    `Ingen i ${groupSv(group)} har en händelse (${rows === 1 ? "1 rad" : `${rows} rader`}): kurvan ligger kvar på 1, med medelfelet 0, som inte säger något om precisionen.`,
  );
export const survivalNotFollowed = (
  path: string,
  group: string,
  at: readonly number[],
  last: number,
): ReportedProblem =>
  warning(
    "survival.not-followed",
    path,
    `In ${group} nobody was followed to ${at.join(", ")}; the last observation ends at ${last}. What needs a longer follow-up is not estimated.`,
    `I ${groupSv(group)} följdes ingen till ${at.map(inSwedish).join("; ")}; den sista observationen slutar vid ${inSwedish(last)}. Det som kräver längre uppföljning är inte skattat.`,
  );
export const survivalNotCompared = (path: string, groups: readonly string[], all: boolean): ReportedProblem =>
  warning(
    "survival.not-compared",
    path,
    all
      ? "There is no test between the groups: at no time of an event were two of them under observation in one stratum."
      : `Not in the test, for nobody of the group was under observation at the time of any event: ${groups.join(", ")}.`,
    all
      ? "Grupperna kan inte testas mot varandra: vid ingen händelse följdes två av dem samtidigt i samma stratum."
      : `Ingår inte i testet, eftersom ingen i gruppen följdes vid tiden för någon händelse: ${groups.join(", ")}.`,
  );
export const survivalClustersIgnored = (path: string, clusters: readonly string[]): ReportedProblem =>
  note(
    "survival.clusters-ignored",
    path,
    `Standard errors, intervals and the test take participants as independent, also those of one ${clusters.join(" or ")}. With cluster() in the formula those of curves and restricted means do not. For the comparison of the arms with clusters, use "model: cox" with cluster() or a random term.`,
    `Medelfel, intervall och test räknar deltagarna som oberoende, även dem i samma kluster (${clusters.join(", ")}). Med cluster() i formeln tar kurvornas och medeltidernas osäkerhet hänsyn till klustren. Jämför armarna med hänsyn till kluster genom "model: cox" med cluster() eller en slumpeffekt.`,
  );
export const competingClustersIgnored = (path: string, clusters: readonly string[]): ReportedProblem =>
  note(
    "competing.clusters-ignored",
    path,
    `Standard errors, intervals and tests take participants as independent, also those of one ${clusters.join(" or ")}. For the comparison of the arms with clusters, use "model: fine-gray" or "model: cox" with cluster().`,
    `Medelfel, intervall och test räknar deltagarna som oberoende, även dem i samma kluster (${clusters.join(", ")}). Jämför armarna med hänsyn till kluster genom "model: fine-gray" eller "model: cox" med cluster().`,
  );
export const survivalTestIgnoresClusters = (path: string, column: string): ReportedProblem =>
  note(
    "survival.test-ignores-clusters",
    path,
    `The standard errors allow for participants of one "${column}" being alike; the test between groups does not. Use "model: cox" with cluster(${column}) for a test that does.`,
    `Medelfelen tar hänsyn till att deltagare i samma ”${column}” liknar varandra; testet mellan grupperna gör det inte. Använd "model: cox" med cluster(${column}) för ett test som gör det.`,
  );
export const survivalNoWeightedTest = (path: string, test: string, column: string): ReportedProblem =>
  note(
    "survival.no-weighted-test",
    path,
    `No ${test} test: the weights "${column}" are not numbers of participants, for which it is made. Use "model: cox" with the same weights; its robust test allows for them.`,
    `Inget ${test}-test: vikterna ”${column}” är inte antal deltagare, som testet förutsätter. Använd "model: cox" med samma vikter; dess robusta test tar hänsyn till dem.`,
  );
export const survivalFewClusters = (path: string, column: string, clusters: number): ReportedProblem =>
  warning(
    "fit.few-clusters",
    path,
    `"${column}" has ${clusters} clusters. With fewer than 40 the jackknife understates the uncertainty of curves and restricted means. For the comparison of groups, use "model: cox" with "vcov: kauermann-carroll" or "mancl-derouen" and "df: clusters".`,
    `”${column}” har ${clusters} kluster. Med färre än 40 underskattar jackknife osäkerheten i kurvor och medeltider. Jämför grupperna genom "model: cox" med "vcov: kauermann-carroll" eller "mancl-derouen" och "df: clusters".`,
  );
export const survivalGroupsOfOneCluster = (path: string, column: string, groups: readonly string[]): ReportedProblem =>
  warning(
    "survival.group-of-one-cluster",
    path,
    `All rows of ${listed(groups)} are of one "${column}": there is nothing to tell the uncertainty by, and no standard error is given.`,
    `Alla rader i ${listedSv(groups)} hör till samma ”${column}”: osäkerheten kan inte skattas och inget medelfel redovisas.`,
  );
export const survivalQuantileNotReached = (path: string, names: readonly Words[]): ReportedProblem =>
  note(
    "survival.quantile-not-reached",
    path,
    `Not reached within the follow-up: ${names.map(({ en }) => en).join(", ")}. Limits are given where they exist.`,
    `Uppnåddes inte under uppföljningen: ${names.map(({ sv }) => sv).join(", ")}. Konfidensgränser ges där de finns.`,
  );
export const survivalEmptiedRiskSet = (path: string, group: string, time: number): ReportedProblem =>
  warning(
    "survival.emptied-risk-set",
    path,
    `In ${group} all who were under observation at ${time} had the event, so the curve is 0 from there although others come under observation later. Start the curve later (where), when more are under observation.`,
    `I ${groupSv(group)} hade alla som följdes vid ${inSwedish(time)} händelsen, så kurvan är 0 därefter fast andra börjar följas senare. Låt kurvan börja senare ("where"), när fler följs.`,
  );
export const survivalRandomTerm = (path: string, model: string): Problem =>
  error(
    "survival.random-term",
    path,
    `"model: ${model}" takes no random term. Use "model: cox", or leave the random term out.`,
  );
export const survivalSeveralClusters = (path: string, columns: readonly string[]): Problem =>
  error(
    "survival.several-clusters",
    path,
    `The formula has ${columns.length} cluster() terms (${columns.join(", ")}); it can have one. Keep the outermost.`,
  );

export const coxEventMissing = (path: string, name: string, causes: readonly string[]): Problem =>
  error(
    "survival.event-missing",
    path,
    `"${name}" has several kinds of event (${quotedList(causes)}). Say which one is modelled, event: LEVEL; the others are then censored at their time.`,
  );
export const coxEventUnknown = (
  path: string,
  level: string,
  name: string,
  causes: readonly string[],
  isCensoring: boolean,
): Problem =>
  error(
    "survival.event-unknown",
    path,
    isCensoring
      ? `event: ${quoted(level)} is the level that is censoring. The events of "${name}" are ${quotedList(causes)}.`
      : `event: ${quoted(level)} is no event of "${name}" in the rows used. They are ${quotedList(causes)}.`,
  );
export const coxEventNotNeeded = (path: string, name: string): Problem =>
  error(
    "survival.event-not-needed",
    path,
    `The event "${name}" is 0/1, so there is one kind of event. Remove event, or use a factor as the event.`,
  );
export const coxFrailtyKey = (path: string, key: string): Problem =>
  error(
    "plan.frailty-key",
    path,
    `"${key}" does not go with frailty, (1 | g) or frailty(g, gamma). Leave one of them out; cluster(g) in place of the frailty allows it.`,
  );
export const coxFrailtyWithCluster = (path: string, column: string): Problem =>
  error(
    "formula.frailty-cluster",
    path,
    `A frailty and "cluster(${column})" are two ways to allow for dependence: a formula has one of them. Leave one out.`,
  );
export const coxFrailtyGaussian = (path: string, column: string): Problem =>
  error("formula.frailty-gaussian", path, `A Gaussian frailty is written "(1 | ${column})".`);
export const coxSeveralFrailties = (path: string): Problem =>
  error(
    "formula.several-frailties",
    path,
    "A formula has one gamma frailty, alone. Several groups, nested or crossed, have Gaussian frailties: (1 | a) + (1 | b).",
  );
export const coxFrailtyOneEach = (path: string, group: string): ReportedProblem =>
  warning(
    "survival.frailty-one-each",
    path,
    `Each level of "${group}" has one participant. Only hazards that do not stay proportional tell of its frailty, and other things can cause that. Leave the term out unless it is meant so.`,
    `Varje nivå av ”${group}” har en enda deltagare. Bara hazarder som inte förblir proportionella säger då något om dess skörhet (frailty), och det kan ha andra orsaker. Utelämna termen om detta inte är avsikten.`,
  );
export const coxFrailtyProportional = (path: string): ReportedProblem =>
  note(
    "survival.frailty-proportional",
    path,
    "Proportional hazards are not tested in a model with frailty. The same formula with cluster(g) in its place has the test.",
    "Proportionella hazarder testas inte i en modell med skörhet (frailty). Samma modell med cluster(g) i dess ställe har testet.",
  );
export const coxVarianceNeedsCluster = (path: string, key: string): Problem =>
  error("plan.no-cluster", path, `"${key}" needs clusters. Add cluster(g) to the formula.`);
export const coxSeveralClusterVariances = (path: string, column: string): Problem =>
  error("plan.unused-cluster", path, `"vcov: model" takes no account of cluster(${column}). Remove one of them.`);
export const coxNotVarying = (path: string, column: string): ReportedProblem =>
  failure(
    "survival.not-varying",
    path,
    `The coefficient "${column}" cannot be estimated: at no event time does it differ between those at risk (within strata). Leave the term out of the formula, or out of strata().`,
    `Koefficienten ”${column}” kan inte skattas: vid ingen händelse skiljer den sig åt mellan dem som följs (inom strata). Utelämna termen ur modellen, eller ur strata().`,
  );
export const monotoneLikelihood = (path: string, columns: readonly string[]): ReportedProblem =>
  failure(
    "fit.monotone",
    path,
    `${listed(columns)} order${columns.length === 1 ? "s" : ""} the events perfectly (as when one group has none), so that ${columns.length === 1 ? "its coefficient has" : "their coefficients have"} no finite estimate: the likelihood keeps rising. No number is given. Merge rare levels, or leave the term out.`,
    `${listedSv(columns)} ordnar händelserna fullständigt (som när en grupp saknar händelser), så ${columns.length === 1 ? "koefficienten har" : "koefficienterna har"} ingen ändlig skattning: likelihood fortsätter att stiga. Inget tal redovisas. Slå ihop sällsynta nivåer, eller utelämna termen.`,
  );
export const coxClusterDetermines = (path: string, vcov: string): ReportedProblem =>
  warning(
    "fit.one-cluster-coefficient",
    path,
    `A single cluster determines a coefficient, so that "vcov: ${vcov}" does not exist: no standard errors are given. Use "vcov: robust", or leave out the term that singles out a cluster.`,
    `Ett enda kluster bestämmer en koefficient, så "vcov: ${vcov}" finns inte: inga medelfel redovisas. Använd "vcov: robust", eller utelämna den term som pekar ut ett kluster.`,
  );

// ── competing risks ─────────────────────────────────────────────────────────────────────────────

export const competingEventIsCensored = (path: string, level: string): Problem =>
  error(
    "competing.event-is-censored",
    path,
    `event and censored are both ${quoted(level)}. Name the event of interest as event, and the level of those who had no event as censored.`,
  );
export const competingBinaryEvent = (path: string, name: string, model: string): Problem =>
  error(
    "competing.one-cause",
    path,
    `"${name}" has one kind of event; "model: ${model}" needs a factor with a level for each cause and one for censoring. Use "model: ${model === "fine-gray" ? "cox" : "kaplan-meier"}", or name the column of the causes.`,
  );
export const competingCensoredDiffers = (
  path: string,
  column: string,
  censored: string,
  other: string,
  otherCensored: string,
): Problem =>
  error(
    "competing.censored-differs",
    path,
    `Here ${quoted(censored)} of "${column}" is censoring, in analysis "${other}" ${quoted(otherCensored)} is. One is an event: a competing cause that is called censoring biases every estimate. Name the same level in both.`,
  );
export const competingCensoredNotFirst = (
  path: string,
  column: string,
  censored: string,
  first: string,
): ReportedProblem =>
  warning(
    "competing.censored-not-first",
    path,
    `${quoted(censored)} is censoring, but the first level of "${column}" is ${quoted(first)}; R takes the first as censoring. Check that nobody with ${quoted(censored)} had an event, and put it first in levels.`,
    `${quotedSv(censored)} är censurering, men den första nivån av ”${column}” är ${quotedSv(first)}; R tar den första som censurering. Kontrollera att ingen med ${quotedSv(censored)} hade en händelse, och sätt den först i levels.`,
  );
export const competingNoEvent = (path: string, level: string, column: string): Problem =>
  error(
    "competing.no-event",
    path,
    `No row used has the event ${quoted(level)} of "${column}". Check event, and which rows are used.`,
  );
export const competingGroupsWithoutEvent = (path: string, cause: string, groups: readonly string[]): ReportedProblem =>
  note(
    "competing.group-without-event",
    path,
    `No event ${quoted(cause)} in ${groups.join(", ")}: its incidence there is 0, without a standard error.`,
    `Ingen händelse ${quotedSv(cause)} i ${groups.map(groupSv).join(", ")}: incidensen är där 0, utan medelfel.`,
  );
export const competingOneCauseLeft = (path: string, column: string, cause: string): ReportedProblem =>
  note(
    "competing.one-cause-left",
    path,
    `All events of "${column}" in the rows used are ${quoted(cause)}: nothing competes with it, and the results are those of one kind of event.`,
    `Alla händelser av ”${column}” i de använda raderna är ${quotedSv(cause)}: inget konkurrerar med den, och resultaten är de för ett enda slags händelse.`,
  );
export const competingNoGrayTest = (path: string, cause: string, why: "late-entry" | "singular"): ReportedProblem =>
  note(
    "competing.no-gray-test",
    path,
    why === "late-entry"
      ? `Gray's test of ${quoted(cause)} is not given: it needs everyone under observation from 0, without a start.`
      : `Gray's test of ${quoted(cause)} cannot be computed: the groups are not compared at any of its events.`,
    why === "late-entry"
      ? `Grays test av ${quotedSv(cause)} redovisas inte: det kräver att alla följs från 0.`
      : `Grays test av ${quotedSv(cause)} kan inte beräknas: grupperna jämförs inte vid någon av händelserna.`,
  );
export const fineGrayLateEntry = (path: string): Problem =>
  error(
    "competing.late-entry",
    path,
    'model: fine-gray needs everyone under observation from 0: write Surv(time, event). With a start, "model: competing-risks" gives the incidence and "model: cox" the hazard of each cause.',
  );
export const fineGraySeveralRows = (path: string, column: string): Problem =>
  error(
    "competing.several-rows",
    path,
    `A participant of "${column}" has several rows. model: fine-gray takes one row for each participant; keep one by where.`,
  );
export const fineGrayKeyUnused = (path: string, key: string, needs: string): Problem =>
  error("competing.key-unused", path, `${key} has no effect without ${needs}. Add it, or remove ${key}.`);
export const fineGrayOfNotFactor = (path: string, name: string): Problem =>
  error("competing.of-not-factor", path, `of: "${name}" is not a factor of the formula. Name one, or leave of out.`);
export const causeSpecificNotGiven = (path: string, cause: string): ReportedProblem =>
  warning(
    "competing.no-cause-specific",
    path,
    `The cause-specific hazard ratios of ${quoted(cause)} are not given: that Cox model has no finite estimates, or did not converge. Its own analysis (model: cox) says why.`,
    `De orsaksspecifika hazardkvoterna för ${quotedSv(cause)} redovisas inte: den Coxmodellen har inga ändliga skattningar, eller konvergerade inte. En egen analys (model: cox) visar varför.`,
  );
export const monotoneSubdistribution = (path: string, columns: readonly string[], cause: string): ReportedProblem =>
  failure(
    "fit.monotone",
    path,
    `The likelihood is monotone: ${listed(columns)} ${columns.length === 1 ? "orders" : "order"} the events "${cause}" perfectly, so that ${columns.length === 1 ? "its coefficient has" : "their coefficients have"} no finite estimate (an arm without such an event, for example). No number is given. Merge rare levels, or leave the term out; model: competing-risks still gives the incidence and Gray's test.`,
    `Likelihood är monoton: ${listedSv(columns)} ordnar händelserna ”${cause}” fullständigt, så ${columns.length === 1 ? "koefficienten har" : "koefficienterna har"} ingen ändlig skattning (till exempel en arm utan sådan händelse). Inget tal redovisas. Slå ihop sällsynta nivåer, eller utelämna termen; model: competing-risks ger ändå incidensen och Grays test.`,
  );
export const fineGrayNotConverged = (path: string, iterations: number): ReportedProblem =>
  failure(
    "fit.not-converged",
    path,
    `The Fine–Gray model did not converge after ${iterations} iterations. No number is given. Look for covariates that almost depend on each other, or on very different scales.`,
    `Fine–Gray-modellen konvergerade inte efter ${iterations} iterationer. Inget tal redovisas. Leta efter kovariater som nästan beror av varandra, eller har mycket olika skalor.`,
  );

// ── fit ─────────────────────────────────────────────────────────────────────────────────────────

/** `"a", "b" and "c"`, at most `most` of them. */
const listed = (names: readonly string[], most = 6): string => {
  const shown = names.slice(0, most).map((name) => `"${name}"`);
  if (names.length > most) return `${shown.join(", ")} and ${names.length - most} more`;
  return shown.length > 1 ? `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}` : shown.join("");
};

const listedSv = (names: readonly string[], most = 6): string => {
  const shown = names.slice(0, most).map((name) => `”${name}”`);
  if (names.length > most) return `${shown.join(", ")} och ${names.length - most} till`;
  return shown.length > 1 ? `${shown.slice(0, -1).join(", ")} och ${shown.at(-1)}` : shown.join("");
};

export const aliasedColumns = (path: string, column: string, of: readonly string[]): ReportedProblem =>
  failure(
    "frame.aliased",
    path,
    of.length === 0
      ? `The coefficient "${column}" cannot be estimated: its column is zero in every row used. Leave the term out of the formula.`
      : `The coefficient "${column}" cannot be estimated: its column is a combination of ${listed(of)} in the rows used. Leave one of these terms out of the formula.`,
    of.length === 0
      ? `Koefficienten ”${column}” kan inte skattas: dess kolumn är noll i varje använd rad. Utelämna termen ur modellen.`
      : `Koefficienten ”${column}” kan inte skattas: dess kolumn är en kombination av ${listedSv(of)} i de använda raderna. Utelämna någon av dessa termer ur modellen.`,
  );

export const tooFewRows = (path: string, rows: number, coefficients: number): ReportedProblem =>
  failure(
    "frame.too-few-rows",
    path,
    `${rows} rows are used, which cannot carry ${coefficients} coefficients and a residual variance. Use fewer terms or check "where".`,
    `${rows} rader används, vilket inte räcker för ${coefficients} koefficienter och en residualvarians. Använd färre termer eller kontrollera "where".`,
  );

export const dependentRandomTerms = (path: string, group: string, names: readonly string[]): Problem =>
  error(
    "frame.aliased-random",
    path,
    `The random terms ${listed(names)} of "${group}" are linearly dependent in the rows used. Leave one of them out.`,
  );

export const noRandomTerm = (path: string): Problem =>
  error(
    "formula.no-random-term",
    path,
    'A mixed model needs a random term such as "(1 | participant)". Add one, or use "model: linear".',
  );

export const randomTermInLinear = (path: string): Problem =>
  error(
    "formula.random-term",
    path,
    'A linear model takes no random term. Use "model: mixed", or leave the random term out.',
  );

export const meansColumnNotUsed = (path: string, column: string, asFactor: boolean, key = "means"): Problem =>
  error(
    "means.not-in-model",
    path,
    `"${key}" asks for "${column}", which the fixed part of the formula does not use${asFactor ? " as a factor" : ""}. Add it to the formula or leave it out of "${key}".`,
  );

export const meansUnknownValue = (path: string, column: string, value: string, known: readonly string[]): Problem =>
  error(
    "means.unknown-value",
    path,
    `"means" asks for "${column}" at "${value}", which no row used has. It has ${listed(known, 12)}.`,
  );

export const meansManyValues = (path: string, column: string, values: number): Problem =>
  error(
    "means.many-values",
    path,
    `"means" asks for a mean at each value of "${column}", which has ${values} values. Name the values under "at".`,
  );

export const unidentifiedVariance = (path: string, parameter: string): ReportedProblem =>
  failure(
    "frame.unidentified-variance",
    path,
    `The random term "${parameter}" cannot be told from the fixed effects: its groups coincide with one of them, or each group has too few rows. Leave it, or that fixed effect, out of the formula.`,
    `Slumptermen ”${parameter}” kan inte skiljas från de fixa effekterna: dess grupper sammanfaller med någon av dem, eller varje grupp har för få rader. Utelämna den, eller den fixa effekten, ur modellen.`,
  );

export const unidentifiedCorrelation = (path: string, terms: readonly string[], group: string): Problem =>
  error(
    "frame.unidentified-variance",
    path,
    `The rows used cannot tell how ${listed(terms)} of "${group}" are correlated: no level of "${group}" has both. Write the terms apart: ${terms.map((term) => `(0 + ${term} | ${group})`).join(" + ")}.`,
  );

export const unidentifiedVariances = (path: string, parameters: readonly string[]): ReportedProblem =>
  failure(
    "frame.unidentified-variance",
    path,
    `The random terms ${listed(parameters)} cannot be told apart in the rows used: they divide the rows alike. Leave one of them out of the formula.`,
    `Slumptermerna ${listedSv(parameters)} kan inte skiljas åt i de använda raderna: de delar in raderna likadant. Utelämna en av dem ur modellen.`,
  );

export const frailtyOfOneLevel = (path: string, group: string): ReportedProblem =>
  failure(
    "frame.unidentified-variance",
    path,
    `Nothing tells the frailty of "${group}": those at risk at each event time are all of one level, because there is one level only or "strata()" names the same groups. Leave the term out.`,
    `Inget i data säger något om skörheten (frailty) för ”${group}”: de som följs vid varje händelse hör alla till samma nivå, därför att det bara finns en eller "strata()" anger samma grupper. Utelämna termen.`,
  );

export const notNested = (path: string, inner: string, outer: string): ReportedProblem =>
  failure(
    "fit.not-nested",
    path,
    `Between-within degrees of freedom need nested grouping factors, and "${inner}" is not nested in "${outer}". Use "df: satterthwaite" or "df: kenward-roger".`,
    `Frihetsgrader mellan och inom kluster (between–within) kräver nästlade grupperingsfaktorer, och ”${inner}” är inte nästlad i ”${outer}”. Använd "df: satterthwaite" eller "df: kenward-roger".`,
  );

/** How an iteration ended without an answer. */
export type NonConvergence = keyof typeof NON_CONVERGENCE | { readonly couldFallBy: number };
const NON_CONVERGENCE = {
  "no-criterion": { en: "the criterion cannot be evaluated", sv: "kriteriet kan inte beräknas" },
  "no-minimum": {
    en: "the curvature at the end is not that of a minimum",
    sv: "krökningen i slutpunkten är inte den i ett minimum",
  },
  "variance-information": {
    en: "the information on the variance parameters is not positive definite",
    sv: "informationen om variansparametrarna är inte positivt definit",
  },
  information: { en: "the information is not positive definite", sv: "informationen är inte positivt definit" },
  "no-step": {
    en: "no step along Newton's direction raises the likelihood",
    sv: "inget steg i Newtons riktning höjer likelihood",
  },
  coefficients: { en: "the coefficients do not settle", sv: "koefficienterna stabiliseras inte" },
  "coefficients-and-correlation": {
    en: "coefficients and correlation do not settle",
    sv: "koefficienter och korrelation stabiliseras inte",
  },
  "predictors-run-away": { en: "the linear predictors run away", sv: "de linjära prediktorerna växer obegränsat" },
  "predictors-grow": {
    en: "the linear predictors keep growing or the weights vanish",
    sv: "de linjära prediktorerna fortsätter att växa eller vikterna försvinner",
  },
} as const satisfies Readonly<Record<string, Words>>;

const nonConvergence = (why: NonConvergence): Words => {
  if (typeof why === "string") return NON_CONVERGENCE[why];
  const by = why.couldFallBy.toPrecision(2);
  return { en: `the criterion could still fall by ${by}`, sv: `kriteriet kan fortfarande minska med ${inSwedish(by)}` };
};

export const notConverged = (path: string, iterations: number, why: NonConvergence): ReportedProblem =>
  failure(
    "fit.not-converged",
    path,
    `The fit did not converge after ${iterations} iterations: ${nonConvergence(why).en}. No number is given.`,
    `Skattningen konvergerade inte efter ${iterations} iterationer: ${nonConvergence(why).sv}. Inget tal redovisas.`,
  );

export const noResidualVariance = (path: string): ReportedProblem =>
  failure(
    "fit.no-residual-variance",
    path,
    "The model reproduces the outcome exactly, so that no residual variance is left to test against. Check that the outcome is not among the covariates.",
    "Modellen återger utfallet exakt, så det finns ingen residualvarians att testa mot. Kontrollera att utfallet inte finns bland kovariaterna.",
  );

export const secondOptimiserLower = (path: string, by: number): ReportedProblem =>
  failure(
    "fit.second-optimiser",
    path,
    `A second optimiser found a better fit (criterion lower by ${by.toPrecision(3)}), so that the first cannot be trusted. No number is given.`,
    `En andra optimerare fann en bättre anpassning (kriteriet lägre med ${inSwedish(by.toPrecision(3))}), så den första går inte att lita på. Inget tal redovisas.`,
  );

export const varianceAtZero = (path: string, term: string, group: string): ReportedProblem =>
  warning(
    "fit.singular",
    path,
    `The variance of "${term}" between levels of "${group}" is estimated at zero. It is left out of standard errors and degrees of freedom: they are those of the model without it.`,
    `Variansen för ”${term}” mellan nivåer av ”${group}” är skattad till noll. Den ingår inte i medelfel och frihetsgrader, som är desamma som i modellen utan den.`,
  );

export const perfectCorrelation = (path: string, terms: readonly string[], group: string): ReportedProblem =>
  warning(
    "fit.singular",
    path,
    `The random effects ${listed(terms)} of "${group}" are estimated to be linearly dependent (a correlation of −1 or 1). Standard errors and degrees of freedom are those of the model with this dependence.`,
    `Slumpeffekterna ${listedSv(terms)} för ”${group}” är skattade som linjärt beroende (korrelation −1 eller 1). Medelfel och frihetsgrader är de för modellen med detta beroende.`,
  );

// repeated measures

export const oneCovarianceTerm = (path: string, terms: number): Problem =>
  error(
    "formula.one-covariance",
    path,
    terms === 0
      ? 'A model for repeated measures needs the covariance of the visits, such as us(visit | participant). Add it, or use "model: mixed".'
      : `The formula has ${terms} covariances of visits. Keep one, such as us(visit | participant).`,
  );

export const fallbackTwice = (path: string, structure: string): Problem =>
  error(
    "plan.fallback-twice",
    path,
    `${structure} is tried twice: the formula or "fallback" has it before. Remove it.`,
  );

export const residualByWith = (path: string, key: string): Problem =>
  error(
    "plan.residual-by",
    path,
    `A model with "residual-by" is gaussian and is not compared by a likelihood-ratio test. Remove "${key}" or "residual-by".`,
  );

export const planClusterRobustWith = (path: string, vcov: string, key: string): Problem =>
  error(
    "plan.cluster-robust-with",
    path,
    `"vcov: ${vcov}" goes with a gaussian model, Wald intervals, and degrees of freedom other than kenward-roger. Remove "${key}" or "vcov".`,
  );

export const clustersSplitGroup = (path: string, column: string, group: string, level: string): Problem =>
  error(
    "frame.cluster-splits-group",
    path,
    `The clusters of "${column}" split "${group}": ${quoted(level)} has rows in several of them, though the model correlates these rows. Choose a "cluster" that holds each level of "${group}" whole, or use "vcov: model".`,
  );

export const noOutermostGroup = (path: string, groups: readonly string[]): Problem =>
  error(
    "frame.no-outermost-group",
    path,
    `${listed(groups)} cross, so that none of them holds the others whole and could be the clusters. Name clusters that do with "cluster", or use "vcov: model".`,
  );

export const oneResidualStratum = (path: string, column: string, level: string): Problem =>
  error(
    "frame.one-stratum",
    path,
    `"residual-by" names "${column}", of which the rows used have one level, ${quoted(level)}. Remove "residual-by", or check where and the missing values.`,
  );

export const repeatedVisit = (
  path: string,
  participant: string,
  who: string,
  visit: string,
  which: string,
  rows: number,
): Problem =>
  error(
    "frame.repeated-visit",
    path,
    `${participant} ${quoted(who)} has ${rows} rows with ${visit} ${quoted(which)}; a participant has at most one for a visit. Keep one, or correct the values.`,
  );

export const participantEffectInCovariance = (
  path: string,
  group: string,
  participant: string,
  structures: readonly string[],
  fewVisits: boolean,
): Problem =>
  error(
    "formula.participant-effect",
    path,
    fewVisits
      ? `The random term of "${group}" cannot stand beside the covariance of the visits of "${participant}": with fewer than three visits the two cannot be told apart. Leave the term out, or use "model: mixed".`
      : `The random term of "${group}" cannot stand beside the covariance structure ${structures.join(", ")} of the visits of "${participant}", which already holds it. Leave the term out, or use ar1, ar1h, ad or adh (also as "fallback"), or "model: mixed".`,
  );

export const tooFewParticipants = (
  path: string,
  participants: number,
  structure: string,
  parameters: number,
): ReportedProblem =>
  failure(
    "fit.too-few-participants",
    path,
    `${participants} participants cannot carry the ${parameters} parameters of the covariance structure ${structure}. Use one with fewer, such as ar1h or cs.`,
    `${participants} deltagare räcker inte för de ${parameters} parametrarna i kovariansstrukturen ${structure}. Använd en med färre, till exempel ar1h eller cs.`,
  );

export const visitsNeverTogether = (path: string, pairs: readonly (readonly [string, string])[]): ReportedProblem =>
  failure(
    "fit.visits-never-together",
    path,
    `No participant has both visits of ${pairs
      .slice(0, 4)
      .map(([first, second]) => `${quoted(first)} and ${quoted(second)}`)
      .join(
        "; ",
      )}${pairs.length > 4 ? "; …" : ""}, so that the unstructured covariance of these cannot be estimated. Use another structure, such as ar1h or cs.`,
    `Ingen deltagare har båda mättillfällena ${pairs
      .slice(0, 4)
      .map(([first, second]) => `${quotedSv(first)} och ${quotedSv(second)}`)
      .join(
        "; ",
      )}${pairs.length > 4 ? "; …" : ""}, så den ostrukturerade kovariansen mellan dem kan inte skattas. Använd en annan struktur, till exempel ar1h eller cs.`,
  );

export const covarianceFallback = (path: string, failed: string, reason: Words, next: string): ReportedProblem =>
  warning(
    "fit.covariance-fallback",
    path,
    `The covariance structure ${failed} could not be used: ${reason.en} The next of "fallback", ${next}, was tried.`,
    `Kovariansstrukturen ${failed} kunde inte användas: ${reason.sv} I stället prövades nästa i "fallback", ${next}.`,
  );

export const covarianceNotFitted = (path: string, structure: string, reason: Words): ReportedProblem =>
  failure("fit.covariance-not-fitted", path, `${structure}: ${reason.en}`, `${structure}: ${reason.sv}`);

export const visitsUnattended = (path: string, visit: string, levels: readonly string[]): ReportedProblem =>
  note(
    "frame.visits-unattended",
    path,
    `No row used has the ${visit} ${quotedList(levels)}. Left out of the covariance of the visits.`,
    `Ingen använd rad har ${visit} ${quotedListSv(levels)}. Utelämnat ur mättillfällenas kovarians.`,
  );

export const noDegreesOfFreedom = (path: string, method: string): ReportedProblem =>
  failure(
    "fit.no-degrees-of-freedom",
    path,
    `The information about the variance parameters is not positive definite, so that there are no ${method} degrees of freedom. Choose other "df", or a simpler random part.`,
    `Informationen om variansparametrarna är inte positivt definit, så det finns inga frihetsgrader enligt ${method}. Välj en annan "df", eller en enklare slumpdel.`,
  );

// ── generalised linear models, GEE, robust variance ─────────────────────────────────────────────

export const randomTermNotTaken = (path: string, model: string): Problem =>
  error(
    "formula.random-term",
    path,
    `A ${model} model without random effects takes no random term. Use "model: mixed", or leave the random term out.`,
  );

export const planRandomTermNotTaken = (path: string, model: string): Problem =>
  error(
    "plan.random-term",
    path,
    `"model: ${model}" takes no random term. Use "model: mixed", or leave the random term out.`,
  );

export const risksNeedBinomial = (path: string, family: string): Problem =>
  error(
    "plan.risks-need-binomial",
    path,
    `"risks" needs a binomial outcome, and the family is ${family}. Use "family: binomial" or "means".`,
  );

export const linkNeedsBinomial = (path: string, family: string): Problem =>
  error(
    "plan.link-needs-binomial",
    path,
    `"link" is of a binary outcome, and the family is ${family}. Remove the key, or choose "family: binomial".`,
  );

export const outcomeNotBinary = (path: string, name: string, value: number): Problem =>
  error(
    "frame.outcome-not-binary",
    path,
    `The outcome "${name}" is ${value}; a binomial model needs 0 or 1. Correct the value, or leave the row out with "where".`,
  );

export const outcomeNotCount = (path: string, name: string, value: number): Problem =>
  error(
    "frame.outcome-not-count",
    path,
    `The outcome "${name}" is ${value}; a Poisson model needs a whole number from 0. Correct the value, or leave the row out with "where".`,
  );

export const separated = (path: string, columns: readonly string[], complete: boolean): ReportedProblem =>
  failure(
    "fit.separation",
    path,
    `${complete ? "Complete" : "Quasi-complete"} separation: ${listed(columns)} predict${columns.length === 1 ? "s" : ""} the outcome perfectly in ${complete ? "every row" : "some of the rows"}, so that ${columns.length === 1 ? "its coefficient has" : "their coefficients have"} no finite estimate. No number is given. Merge rare levels, or leave the term out.`,
    `${complete ? "Fullständig" : "Nästan fullständig"} separation: ${listedSv(columns)} förutsäger utfallet fullständigt ${complete ? "i varje rad" : "i en del av raderna"}, så ${columns.length === 1 ? "koefficienten har" : "koefficienterna har"} ingen ändlig skattning. Inget tal redovisas. Slå ihop sällsynta nivåer, eller utelämna termen.`,
  );

export const clusterColumnMissing = (path: string, vcov: string): Problem =>
  error("plan.no-cluster", path, `"vcov: ${vcov}" needs the column of the clusters. Add it, such as "cluster: unit".`);

export const clusterColumnUnused = (path: string, vcov: string): Problem =>
  error(
    "plan.unused-cluster",
    path,
    `"cluster" has no effect with "vcov: ${vcov}". Use a cluster-robust variance, such as "vcov: CR2", or remove the key.`,
  );

export const robustDfNeedsClusters = (path: string, vcov: string): Problem =>
  error(
    "plan.satterthwaite-needs-clusters",
    path,
    `"df: satterthwaite" goes with the cluster-robust variances CR0 to CR3, not with "vcov: ${vcov}". Choose another "df" or remove the key.`,
  );

export const oneClusterOnly = (path: string, column: string): ReportedProblem =>
  failure(
    "frame.one-cluster",
    path,
    `All rows used belong to one cluster of "${column}", so that the variance between clusters cannot be estimated. Check "cluster" and "where".`,
    `Alla använda rader hör till ett enda kluster av ”${column}”, så variansen mellan kluster kan inte skattas. Kontrollera "cluster" och "where".`,
  );

export const fewerClustersThanCoefficients = (
  path: string,
  column: string,
  clusters: number,
  p: number,
): ReportedProblem =>
  failure(
    "frame.too-few-clusters",
    path,
    `"${column}" has ${clusters} clusters for ${p} coefficients: a cluster-robust variance of all of them does not exist. Use fewer terms.`,
    `”${column}” har ${clusters} kluster för ${p} koefficienter: en klusterrobust varians för alla finns inte. Använd färre termer.`,
  );

export const noClusterDegreesOfFreedom = (path: string, column: string, clusters: number, p: number): ReportedProblem =>
  failure(
    "frame.no-cluster-df",
    path,
    `"df: clusters" is clusters minus coefficients, and "${column}" has ${clusters} clusters for ${p} coefficients. Use fewer terms, or "df: normal".`,
    `"df: clusters" är kluster minus koefficienter, och ”${column}” har ${clusters} kluster för ${p} koefficienter. Använd färre termer, eller "df: normal".`,
  );

export const restsOnOneCluster = (
  path: string,
  coefficients: readonly string[],
  vcov: string,
  unit: "row" | "cluster",
): ReportedProblem =>
  warning(
    "fit.one-cluster-coefficient",
    path,
    `${listed(coefficients)} rest${coefficients.length === 1 ? "s" : ""} on a single ${unit} in part or in full, so that ${coefficients.length === 1 ? "its" : "their"} variance cannot be told between ${unit}s (${vcov}): no standard error is given. The other coefficients are not affected.`,
    `${listedSv(coefficients)} vilar helt eller delvis på ${unit === "row" ? "en enda rad" : "ett enda kluster"}, så variansen kan inte skattas mellan ${unit === "row" ? "rader" : "kluster"} (${vcov}): inget medelfel redovisas. Övriga koefficienter påverkas inte.`,
  );

/** What to do about few clusters: by what the model has. */
const FEW_CLUSTERS_ADVICE = {
  CR2: {
    en: 'Use "vcov: CR2" with Satterthwaite degrees of freedom.',
    sv: 'Använd "vcov: CR2" med frihetsgrader enligt Satterthwaite.',
  },
  corrected: {
    en: 'Use "vcov: kauermann-carroll" or "vcov: mancl-derouen" with "df: clusters".',
    sv: 'Använd "vcov: kauermann-carroll" eller "vcov: mancl-derouen" med "df: clusters".',
  },
} as const satisfies Readonly<Record<string, Words>>;

export const fewClusters = (
  path: string,
  column: string,
  clusters: number,
  { vcov, isNormal }: { readonly vcov: string; readonly isNormal: boolean },
  advice: keyof typeof FEW_CLUSTERS_ADVICE,
): ReportedProblem =>
  warning(
    "fit.few-clusters",
    path,
    `"${column}" has ${clusters} clusters. With fewer than 40, "vcov: ${vcov}${isNormal ? " with the normal distribution" : ""}" understates the uncertainty. ${FEW_CLUSTERS_ADVICE[advice].en}`,
    `”${column}” har ${clusters} kluster. Med färre än 40 underskattar "vcov: ${vcov}"${isNormal ? " med normalfördelningen" : ""} osäkerheten. ${FEW_CLUSTERS_ADVICE[advice].sv}`,
  );

export const clusterVisitTwice = (path: string, column: string, visit: string): Problem =>
  error(
    "frame.visit-twice",
    path,
    `A cluster of "${column}" has two rows for one "${visit}", so that their order is not known. Keep one of them, or choose another "visit".`,
  );

export const correlationOutside = (path: string, structure: string): ReportedProblem =>
  failure(
    "fit.correlation",
    path,
    `The estimated ${structure} correlation is not that of a positive definite matrix, so that the estimating equations cannot be solved. No number is given. Use "correlation: exchangeable" or "independence".`,
    `Den skattade arbetskorrelationen (${structure}) är inte positivt definit, så skattningsekvationerna kan inte lösas. Inget tal redovisas. Använd "correlation: exchangeable" eller "independence".`,
  );

export const tooManyPositions = (path: string, positions: number, clusters: number): Problem =>
  error(
    "frame.too-many-positions",
    path,
    `"correlation: unstructured" over ${positions} positions within a cluster needs at least as many clusters, and there are ${clusters}. Use "correlation: exchangeable" or "ar1".`,
  );

// ── generalised linear mixed models, profile likelihood, likelihood-ratio tests ─────────────────

export const quadratureNeedsOneEffect = (path: string): Problem =>
  error(
    "plan.quadrature-one-effect",
    path,
    'Quadrature with several points needs one random term with one effect per level, such as "(1 | participant)". Use "quadrature: 1" (Laplace), or that random part.',
  );

export const compareNoLikelihood = (path: string, id: string): Problem =>
  error(
    "compare.no-likelihood",
    path,
    `"compare: ${id}" needs a likelihood that this program compares: linear, logistic, poisson and mixed models have one. Remove the key.`,
  );

export const compareDifferentData = (path: string, id: string): Problem =>
  error(
    "compare.different-data",
    path,
    `"compare: ${id}" needs the same rows, outcome, offset and family in both analyses. Missing values in a term that only one has leave rows out of it: give both the same "where".`,
  );

export const compareNotNested = (path: string, id: string): ReportedProblem =>
  failure(
    "compare.not-nested",
    path,
    `"compare: ${id}": its model is not a smaller one nested in this one. Every fixed and random term of "${id}" must be in this analysis, which must have more.`,
    `"compare: ${id}": den analysens modell är inte en mindre modell inom denna. Alla fixa termer och slumptermer i ”${id}” måste finnas i denna analys, som måste ha fler.`,
  );

export const compareNotConverged = (path: string, id: string): ReportedProblem =>
  warning(
    "compare.not-converged",
    path,
    `There is no likelihood-ratio test against "${id}": one of the fits did not converge.`,
    `Det finns inget likelihoodkvottest mot ”${id}”: en av modellerna konvergerade inte.`,
  );

export const compareRefitted = (path: string, id: string): ReportedProblem =>
  note(
    "compare.refitted",
    path,
    `For the likelihood-ratio test against "${id}" both models were fitted by ML: REML criteria of different fixed effects cannot be compared.`,
    `För likelihoodkvottestet mot ”${id}” skattades båda modellerna med ML: REML-kriterier för olika fixa effekter kan inte jämföras.`,
  );

export const compareMixture = (
  path: string,
  id: string,
  df: readonly number[],
  weights: readonly number[],
): ReportedProblem =>
  note(
    "compare.mixture",
    path,
    df.length === 2
      ? `The likelihood-ratio test against "${id}" puts a variance at zero, the boundary of its range: its p-value is that of a 50:50 mixture of chi-squared with ${df.join(" and ")} degrees of freedom (Self & Liang 1987; Stram & Lee 1994).`
      : `The likelihood-ratio test against "${id}" puts two variances at zero, the boundary of their range: its p-value is that of a mixture of chi-squared with ${df.join(", ")} degrees of freedom in the shares ${weights.map((w) => w.toFixed(3)).join(", ")}, by the information on the two (Self & Liang 1987).`,
    df.length === 2
      ? `Likelihoodkvottestet mot ”${id}” sätter en varians till noll, på gränsen av dess område: p-värdet är det för en 50:50-blandning av chitvåfördelningar med ${df.join(" och ")} frihetsgrader (Self & Liang 1987; Stram & Lee 1994).`
      : `Likelihoodkvottestet mot ”${id}” sätter två varianser till noll, på gränsen av deras område: p-värdet är det för en blandning av chitvåfördelningar med ${df.join(", ")} frihetsgrader i andelarna ${weights.map((w) => inSwedish(w.toFixed(3))).join("; ")}, efter informationen om de två (Self & Liang 1987).`,
  );

export const compareConservative = (path: string, id: string, variances: number): ReportedProblem =>
  warning(
    "compare.conservative",
    path,
    `The likelihood-ratio test against "${id}" puts ${variances} variances at zero, the boundary of their range: chi-squared with all degrees of freedom is used, and the p-value is too large.`,
    `Likelihoodkvottestet mot ”${id}” sätter ${variances} varianser till noll, på gränsen av deras område: chitvåfördelningen med alla frihetsgrader används, och p-värdet är för stort.`,
  );

export const randomEffectOfRisk = (path: string, of: string, group: string): Problem =>
  error(
    "plan.risks-random",
    path,
    `"risks" of "${of}" cannot be had while its effect varies between the levels of "${group}". Leave "${of}" out of the random term, or "risks".`,
  );

export const planQuadratureGaussian = (path: string): Problem =>
  error(
    "plan.quadrature-gaussian",
    path,
    'A gaussian mixed model needs no quadrature. Remove the key, or choose "family: binomial" or "family: poisson".',
  );

export const planFamilyDf = (path: string, family: string, df: string): Problem =>
  error(
    "plan.family-df",
    path,
    `"df: ${df}" is for gaussian models; with "family: ${family}" tests and intervals are normal. Write "df: normal", or remove the key.`,
  );

export const planFamilyMethod = (path: string, family: string, method: string): Problem =>
  error(
    "plan.family-method",
    path,
    `"method: ${method}" is for gaussian models; "family: ${family}" is fitted by ML. Write "method: ML", or remove the key.`,
  );

export const planFamilyStandardise = (path: string, family: string): Problem =>
  error(
    "plan.family-standardise",
    path,
    `"standardise" needs a gaussian outcome; with "family: ${family}" there is no standard deviation to divide by. Remove the key.`,
  );

export const planTrialRoleMissing = (path: string, id: string, model: string, role: string): Problem =>
  error(
    "plan.trial-role-missing",
    path,
    `The analysis "${id}" (model: ${model}) needs "${role}" under "trial". Add it.`,
  );
export const planMadeColumnTaken = (path: string, column: string, id: string): Problem =>
  error(
    "plan.made-column-taken",
    path,
    `The analysis "${id}" makes a column ${quoted(column)} of its own. Rename the column of the plan.`,
  );

/** Why a comparison is not what a randomised one is. */
export type Caution =
  | "not-randomised"
  | "after-randomisation"
  | "fidelity"
  | "association"
  | "naive"
  | "calendar-time"
  | "clusters-ignored"
  | "risk-known";
/** What the reader of a part of a trial-level analysis must be told, whatever it finds. */
export const trialCaution = (path: string, caution: Caution): ReportedProblem => {
  const { en, sv } = {
    "not-randomised": {
      en: "This comparison is not randomised: clients who differ here may differ in other ways too. It is no estimate of an effect of the treatment.",
      sv: "Jämförelsen är inte randomiserad: klienter som skiljer sig åt här kan skilja sig åt även i annat. Den är ingen skattning av en behandlingseffekt.",
    },
    "after-randomisation": {
      en: "The subgroups are defined by what was measured after randomisation, which the treatment may have changed. A difference between them is no evidence of who is helped more.",
      sv: "Undergrupperna definieras av något som mättes efter randomiseringen och som behandlingen kan ha påverkat. En skillnad mellan dem visar inte vilka som får mest hjälp.",
    },
    fidelity: {
      en: "Units were not randomised to their fidelity, which was measured under the treatment: those where it is higher may differ in other ways too. A difference in effect goes with fidelity; fidelity need not be its cause.",
      sv: "Enheterna randomiserades inte till sin följsamhet, som mättes under behandlingen: de med högre följsamhet kan skilja sig åt även i annat. En skillnad i effekt följer följsamheten men behöver inte orsakas av den.",
    },
    association: {
      en: "An association, not an effect: what was measured during treatment may be a result of the outcome as well as its cause.",
      sv: "Ett samband, inte en effekt: det som mättes under behandlingen kan vara en följd av utfallet lika väl som en orsak till det.",
    },
    naive: {
      en: "Naive: clients were selected by what the treatment may have changed, so the arms of this subset are no longer comparable by randomisation.",
      sv: "Naiv: klienterna är utvalda efter något som behandlingen kan ha påverkat, så armarna i denna delmängd är inte längre jämförbara genom randomiseringen.",
    },
    "calendar-time": {
      en: "Not adjusted for calendar time, with which the arm goes together in a stepped wedge. The models beside it are.",
      sv: "Inte justerad för kalendertid, som armen följer vid stegvis införande (stepped wedge). Modellerna intill är det.",
    },
    "clusters-ignored": {
      en: "Clusters are ignored: the interval takes clients as independent, and is too narrow where clients of one unit or therapist are alike. The outcome is too rare for a model with clusters.",
      sv: "Hänsyn tas inte till kluster: intervallet räknar klienterna som oberoende och är för smalt om klienter hos samma enhet eller behandlare liknar varandra. Utfallet är för ovanligt för en modell med kluster.",
    },
    "risk-known": {
      en: "The predicted risk is taken as known: intervals do not include the uncertainty of the model that predicts it. Each client's risk is from a model fitted to other clients.",
      sv: "Den predicerade risken behandlas som känd: intervallen rymmer inte osäkerheten i modellen som predicerar den. Varje klients risk kommer från en modell skattad på andra klienter.",
    },
  }[caution];
  return note(`trial.${caution}`, path, en, sv);
};

/** @param r  the correlation of the predicted risk (its linear predictor) with the predictor, over participants. */
export const riskOfOnePredictor = (path: string, predictor: string, r: number): ReportedProblem =>
  note(
    "risk.one-predictor",
    path,
    `The predicted risk follows ${quoted(predictor)} (correlation ${r.toFixed(2)} over participants): a higher risk is a ${r > 0 ? "higher" : "lower"} ${predictor}. Its interaction tells little beyond that of ${predictor}.`,
    `Den predicerade risken följer ”${predictor}” (korrelation ${r.toFixed(2).replace(".", ",").replace("-", "−")} mellan deltagare): högre risk är ${r > 0 ? "högre" : "lägre"} ${predictor}. Interaktionen säger föga utöver den med ${predictor}.`,
  );

// participant flow and baseline table

export const flowUngrouped = (path: string, participants: number): ReportedProblem =>
  warning(
    "flow.ungrouped",
    path,
    `${participants === 1 ? "1 participant has" : `${participants} participants have`} no arm or no design and ${participants === 1 ? "is" : "are"} in no group. Add what is missing to the data.`,
    `${participants === 1 ? "1 deltagare" : `${participants} deltagare`} saknar arm eller design och ingår inte i någon grupp. Lägg till det som saknas i data.`,
  );
export const flowNoVisits = (path: string, columns: readonly string[]): Problem =>
  error(
    "flow.no-visits",
    path,
    `No table has all of ${quotedList(columns)}: the visits cannot be counted. Name an outcome of the visits.`,
  );
export const baselineRepeated = (path: string, rows: number, participants: number): Problem =>
  error(
    "baseline.repeated",
    path,
    `A baseline table takes one row of each participant; here are ${rows} rows of ${participants}. Name the table of participants (table:) or their first visit (where:).`,
  );
export const baselineVariableType = (path: string, name: string, type: string): Problem =>
  error(
    "baseline.variable-type",
    path,
    `${quoted(name)} is of type ${type}. A baseline table takes columns of type number, factor or binary.`,
  );

export const moderationRiskTaken = (path: string, column: string): Problem =>
  error(
    "plan.made-column-taken",
    path,
    `The name ${quoted(column)} is that of the predicted risk. Rename the column of the plan.`,
  );
export const crossFitFailed = (path: string, fold: number, why: Words): ReportedProblem =>
  failure(
    "risk.not-fitted",
    path,
    `The model of risk could not be fitted without fold ${fold}: ${why.en} Use fewer predictors or fewer folds.`,
    `Riskmodellen kunde inte skattas utan del ${fold}: ${why.sv} Använd färre prediktorer eller färre delar.`,
  );
export const moderatorNotFitted = (path: string, column: string): ReportedProblem =>
  warning(
    "moderation.not-fitted",
    path,
    `The model with ${quoted(column)} as moderator did not converge. Its test and effects are left out; the other moderators are not touched.`,
    `Modellen med ${quotedSv(column)} som moderator konvergerade inte. Dess test och effekter är utelämnade; övriga moderatorer påverkas inte.`,
  );
export const moderatorType = (path: string, column: string, type: string): Problem =>
  error(
    "moderation.type",
    path,
    `${quoted(column)} is of type ${type}. A moderator is a factor, a 0/1 column or a number.`,
  );
export const moderatorAtFactor = (path: string, column: string): Problem =>
  error(
    "moderation.at-factor",
    path,
    `${quoted(column)} is a factor: the effect is shown in each of its levels. Remove "at".`,
  );
/** The naive subset has no comparison: the refusal that the literature asks for. */
export const naiveNotMeasured = (path: string, measured: string, arm: string, level: string): Problem =>
  error(
    "moderation.naive-not-measured",
    path,
    `No client of ${quoted(level)} (${arm}) has a value of ${quoted(measured)}: who is not on track by it cannot be told in that arm, so there is nothing to compare the selected clients with. Use a rule on what both arms have (rule), or a risk predicted from baseline (risk).`,
  );
export const agreementLevelsDiffer = (path: string, column: string, first: string): Problem =>
  error(
    "agreement.levels-differ",
    path,
    `${quoted(column)} has not the classes of ${quoted(first)}. Agreement needs binary columns, or factors of the same levels in the same order.`,
  );
export const agreementType = (path: string, column: string, type: string): Problem =>
  error(
    "agreement.type",
    path,
    `${quoted(column)} is of type ${type}, which has no classes. Agreement needs binary columns or factors.`,
  );
export const agreementTwice = (path: string, column: string): Problem =>
  error("agreement.twice", path, `${quoted(column)} is listed twice. Remove one.`);
export const agreementUndefined = (path: string, first: string, second: string): ReportedProblem =>
  warning(
    "agreement.one-class",
    path,
    `By ${quoted(first)} and by ${quoted(second)} all participants are in one class: there is no agreement beyond chance to measure, and no kappa.`,
    `Enligt både ${quotedSv(first)} och ${quotedSv(second)} hör alla deltagare till en och samma klass: det finns ingen överensstämmelse utöver slumpen att mäta, och inget kappa.`,
  );
export const jointUnknownPart = (path: string, design: string, id: string, suggestion: string | undefined): Problem =>
  error(
    "plan.joint-unknown-part",
    path,
    `"${design}" names the analysis ${quoted(id)}, which the plan has not.${didYouMean(suggestion)}`,
  );
export const jointPartModel = (path: string, id: string): Problem =>
  error(
    "plan.joint-part-model",
    path,
    `The analysis "${id}" cannot be part of a joint model. Use a gaussian analysis with model: mixed, or model: stepped-wedge with exchangeable or nested-exchangeable correlation.`,
  );
export const jointPartsSwapped = (path: string, id: string): Problem =>
  error(
    "plan.joint-parts-swapped",
    path,
    `"individual" names "${id}", which is a stepped wedge. Name the analysis of the individually randomised participants here, and this one as "stepped-wedge".`,
  );
export const jointOutcomes = (
  path: string,
  individual: { readonly id: string; readonly outcome: string },
  wedge: { readonly id: string; readonly outcome: string },
): Problem =>
  error(
    "plan.joint-outcomes",
    path,
    `The outcome of "${individual.id}" is ${individual.outcome}, that of "${wedge.id}" is ${wedge.outcome}: these have no common effect. Give both the same outcome, on the same scale.`,
  );
export const jointPartTable = (path: string, id: string): Problem =>
  error(
    "plan.joint-part-table",
    path,
    `The analysis "${id}" takes its rows of another table. Name the same "table" in all three.`,
  );
export const jointWhere = (path: string): Problem =>
  error("plan.joint-where", path, '"where" belongs to the two analyses that are joined. Remove it here.');
export const jointUnknownEffect = (path: string, effect: string, id: string, suggestion: string | undefined): Problem =>
  error(
    "plan.joint-unknown-effect",
    path,
    `The analysis "${id}" has no coefficient ${quoted(effect)}.${didYouMean(suggestion)}`,
  );
/** @param others  coefficients of the analysis that are the treatment's. */
export const jointEffectNotTreatment = (path: string, effect: string, id: string, others: readonly string[]): Problem =>
  error(
    "plan.joint-not-treatment",
    path,
    `${quoted(effect)} of "${id}" is no effect of the treatment, as far as the plan tells. ${others.length === 0 ? "Declare trial.arm, and name the arm's coefficient." : `Name one that is: ${quotedList(others)}.`}`,
  );
export const jointEffectReversed = (
  path: string,
  effect: string,
  id: string,
  column: string,
  { level, reference }: { readonly level: string; readonly reference: string },
): Problem =>
  error(
    "plan.joint-effect-reversed",
    path,
    `${quoted(effect)} of "${id}" is control minus intervention: "${column}" ${level === "1" && reference === "0" ? "is 1 under control" : `has ${quoted(reference)} as its reference`}. The common effect is intervention minus control in both designs. ${level === "1" && reference === "0" ? "Code it 1 under the intervention." : `Put ${quoted(level)} first in levels.`}`,
  );
export const jointEffectOtherArms = (
  path: string,
  effect: string,
  id: string,
  { level, reference }: { readonly level: string; readonly reference: string },
): Problem =>
  error(
    "plan.joint-other-arms",
    path,
    `${quoted(effect)} of "${id}" compares ${quoted(level)} with ${quoted(reference)}, not the intervention with the control of trial.arm. Name that coefficient, with the control as the first level.`,
  );
export const jointEffectNotDifference = (path: string, effect: string, id: string): Problem =>
  error(
    "plan.joint-not-difference",
    path,
    `${quoted(effect)} of "${id}" is the mean of one arm: without an intercept, or a main effect beside the interaction, no arm is the reference. Write the formula so that the coefficient is a difference between arms.`,
  );
export const jointEffectUnchecked = (path: string, effects: readonly string[]): ReportedProblem =>
  warning(
    "plan.joint-unchecked-effect",
    path,
    `Nothing in the plan says that ${quotedList(effects)} ${effects.length === 1 ? "is an effect" : "are effects"} of the treatment, intervention minus control: no trial.arm, and no "treated" of a stepped wedge. Declare trial.arm.`,
    `Inget i planen säger att ${quotedListSv(effects)} är ${effects.length === 1 ? "en effekt" : "effekter"} av behandlingen, intervention minus kontroll: trial.arm saknas, och ingen analys med "model: stepped-wedge" har "treated". Ange trial.arm.`,
  );
export const jointEffectsDiffer = (
  path: string,
  a: { readonly id: string; readonly treatment: readonly string[] },
  b: { readonly id: string; readonly treatment: readonly string[] },
): ReportedProblem =>
  warning(
    "plan.joint-effects-differ",
    path,
    `The two models have the treatment in different terms (${a.id}: ${quotedList(a.treatment)}; ${b.id}: ${quotedList(b.treatment)}), so that the coefficients joined need not be the same effect. Write both alike, with one coefficient for each effect.`,
    `De två modellerna har behandlingen i olika termer (${a.id}: ${quotedListSv(a.treatment)}; ${b.id}: ${quotedListSv(b.treatment)}), så de koefficienter som förs samman behöver inte vara samma effekt. Skriv båda likadant, med en koefficient för varje effekt.`,
  );
/** @param own  what the analysis's own line has that the joint model has not. */
export const jointPartInference = (path: string, design: string, id: string, own: readonly string[]): ReportedProblem =>
  warning(
    "fit.joint-part-inference",
    path,
    `effect:${design} here is fitted as the joint model is, and is not the line of "${id}", which has ${own.join(", ")}. Give both the same, or report each as what it is.`,
    `effect:${design} är här skattad på samma sätt som den gemensamma modellen, och är inte densamma som i "${id}", som har ${own.join(", ")}. Ge båda samma, eller redovisa var och en som vad den är.`,
  );
export const jointOverlap = (path: string, a: string, b: string, rows: number): Problem =>
  error("plan.joint-overlap", path, `${rows} rows are in both "${a}" and "${b}". Give each its own rows with "where".`);
export const jointPartNotConverged = (path: string, design: string, id: string): ReportedProblem =>
  failure(
    "fit.joint-part",
    path,
    `The model of the ${design} design alone ("${id}") did not converge, so its effect cannot stand beside the joint one.`,
    `Modellen för enbart design ${design} (”${id}”) konvergerade inte, så dess effekt kan inte ställas bredvid den gemensamma.`,
  );

export const planCompareItself = (path: string, id: string): Problem =>
  error(
    "plan.compare-itself",
    path,
    `"compare" names this analysis, "${id}", itself. Name the one with the smaller model.`,
  );

export const planCompareUnknown = (path: string, id: string, suggestion: string | undefined): Problem =>
  error(
    "plan.compare-unknown",
    path,
    `"compare" names "${id}", which is no analysis of the plan.${didYouMean(suggestion)}`,
  );

export const startRunsAway = (path: string, iterations: number): ReportedProblem =>
  failure(
    "fit.runs-away",
    path,
    `The fixed effects have no finite estimate: after ${iterations} iterations they still grow, as when a covariate separates the outcomes. No number is given. Merge rare levels, or leave the term out.`,
    `De fixa effekterna har ingen ändlig skattning: efter ${iterations} iterationer växer de fortfarande, som när en kovariat separerar utfallen. Inget tal redovisas. Slå ihop sällsynta nivåer, eller utelämna termen.`,
  );

/** @param move  Of the estimate that moves most, in standard errors; `logLik` by how much more quadrature gives. */
export const laplaceInaccurate = (
  path: string,
  name: string,
  move: number,
  logLik: number,
  points: number,
): ReportedProblem =>
  warning(
    "fit.laplace",
    path,
    `Laplace's approximation is rough for these data: with ${points} points of quadrature the log-likelihood at the same estimates is ${logLik < 0 ? "lower" : "higher"} by ${Math.abs(logLik).toPrecision(2)}, and ${name} would be about ${Math.abs(move).toPrecision(2)} standard errors ${move < 0 ? "smaller" : "larger"}. Write "quadrature: ${points}".`,
    `Laplaces approximation är grov för dessa data: med ${points} kvadraturpunkter är log-likelihood vid samma skattningar ${logLik < 0 ? "lägre" : "högre"} med ${inSwedish(Math.abs(logLik).toPrecision(2))}, och ${name} skulle bli ungefär ${inSwedish(Math.abs(move).toPrecision(2))} medelfel ${move < 0 ? "mindre" : "större"}. Skriv "quadrature: ${points}".`,
  );

// ── effect sizes, multiplicity, evidence ────────────────────────────────────────────────────────

export const effectOutcomeType = (path: string, name: string, type: string): Problem =>
  error(
    "effect.outcome-type",
    path,
    `model: effect-size needs an outcome of type number or binary; ${quoted(name)} is of type ${type}. Declare it so, or derive a 0/1 column from it.`,
  );
export const effectOneLevel = (path: string, by: string, level: string): Problem =>
  error(
    "effect.one-level",
    path,
    `All rows used have the level ${quoted(level)} of ${quoted(by)}: there is nothing to compare it with. Check where and the missing values.`,
  );
export const effectSmallArm = (path: string, by: string, level: string): Problem =>
  error(
    "effect.small-arm",
    path,
    `The level ${quoted(level)} of ${quoted(by)} has one row with a value, which has no standard deviation. Leave the level out with where.`,
  );
/** Effect sizes by their names in results, as Swedish has them. */
const EFFECT_SIZES_SV: Readonly<Record<string, string>> = {
  "mean-difference": "medelvärdesskillnad",
  "cohens-d": "Cohens d",
  "hedges-g": "Hedges g",
  "glass-delta": "Glass Δ",
  "common-language": "sannolikhet för högre värde",
  "risk-difference": "riskskillnad",
  "risk-ratio": "riskkvot",
  "odds-ratio": "oddskvot",
  "number-needed-to-treat": "antal som behöver behandlas (NNT)",
};
export const effectUndefined = (
  path: string,
  measures: readonly string[],
  compared: readonly [string, string],
  why: "variance" | "cells" | "interval",
): ReportedProblem => {
  const what = `${measures.join(", ")} of ${compared.join(" and ")}`;
  const whatSv = `${measures.map((measure) => EFFECT_SIZES_SV[measure] ?? measure).join(", ")} för ${compared.join(" och ")}`;
  if (why === "interval") {
    return warning(
      "effect.no-interval",
      path,
      `There is no interval for ${what}: the values do not vary, or those of one arm are all above those of the other.`,
      `Det finns inget intervall för ${whatSv}: värdena varierar inte, eller så ligger alla värden i den ena armen över alla i den andra.`,
    );
  }
  return why === "variance"
    ? warning(
        "effect.undefined",
        path,
        `There is no ${what}: the standard deviation to divide by is zero.`,
        `Kan inte beräknas: ${whatSv}. Standardavvikelsen att dividera med är noll.`,
      )
    : warning(
        "effect.undefined",
        path,
        `There is no ${what}: a cell of the 2 × 2 table is empty. Nothing is added to it; the risk difference is given.`,
        `Kan inte beräknas: ${whatSv}. En cell i fyrfältstabellen är tom. Inget läggs till den; riskskillnaden redovisas.`,
      );
};
export const numberNeededThroughInfinity = (path: string, compared: readonly [string, string]): ReportedProblem =>
  note(
    "effect.through-infinity",
    path,
    `The risk difference of ${compared.join(" and ")} may be 0 by its interval, so the interval of the number needed to treat goes through infinity and has no bounds (Altman 1998).`,
    `Riskskillnaden mellan ${compared.join(" och ")} kan enligt sitt intervall vara 0, så intervallet för antalet som behöver behandlas (NNT) går genom oändligheten och har inga gränser (Altman 1998).`,
  );
export const repeatedParticipants = (path: string, rows: number, participants: number): ReportedProblem =>
  warning(
    "effect.repeated-participants",
    path,
    `${rows} rows of ${participants} participants are used, each as if it were of another participant: intervals are too narrow. Choose one row of each with where, or take a model or a cluster-robust variance for repeated rows.`,
    `${rows} rader från ${participants} deltagare används, var och en som om den kom från en egen deltagare: intervallen är för smala. Välj en rad från var och en med "where", eller en modell eller en klusterrobust varians för upprepade rader.`,
  );
export const effectClustersIgnored = (path: string, clusters: readonly string[]): ReportedProblem =>
  note(
    "effect.clusters-ignored",
    path,
    `Intervals and p-values take participants as independent, also those of one ${clusters.join(" or ")}: they are too narrow, and too small, where those are alike. Compare the arms by a model with clusters.`,
    `Intervall och p-värden räknar deltagarna som oberoende, även dem i samma kluster (${clusters.join(", ")}): de är för smala och för små om sådana deltagare liknar varandra. Jämför armarna i en modell med kluster.`,
  );
/** Standard deviations to divide by, after "standardavvikelsen". */
const STANDARDISED_BY_SV: Readonly<Record<string, string>> = {
  baseline: "vid start",
  total: "för alla",
  control: "i kontrollarmen",
};
export const noDenominator = (path: string, kind: string, visit: string): ReportedProblem =>
  warning(
    "effect.no-denominator",
    path,
    kind === "residual"
      ? "The model has no single residual standard deviation, so its differences are not standardised."
      : `There are no two values of an arm to take a ${kind} standard deviation from${visit === "" ? "" : ` at visit ${quoted(visit)}`}, or they do not vary: the differences there are not standardised.`,
    kind === "residual"
      ? "Modellen har ingen enda residualstandardavvikelse, så skillnaderna är inte standardiserade."
      : `Det finns inte två värden i en arm att beräkna standardavvikelsen ${STANDARDISED_BY_SV[kind] ?? kind} från${visit === "" ? "" : ` vid mättillfälle ${quotedSv(visit)}`}, eller så varierar de inte: skillnaderna där är inte standardiserade.`,
  );
export const standardiseNeedsMeans = (path: string): Problem =>
  error(
    "plan.standardise-needs-means",
    path,
    "standardise needs differences of adjusted means. Add means: { of: … }, or remove it.",
  );
export const standardiseNoBaseline = (path: string): Problem =>
  error(
    "plan.standardise-no-baseline",
    path,
    "standardise: baseline needs the baseline. Name its column in baseline:, or its visit in trial.visit.baseline.",
  );
export const baselineWithoutStandardise = (path: string): Problem =>
  error(
    "plan.baseline-without-standardise",
    path,
    "baseline: is for standardise: baseline alone. Add that, or remove it.",
  );
export const familyMalformed = (path: string, text: string): Problem =>
  error(
    "multiplicity.malformed",
    path,
    `${quoted(text)} names no estimate. Write the id of the analysis, a slash and the name, as in primary/contrast:arm[FIT]-arm[TAU].`,
  );
export const familyUnknownAnalysis = (path: string, id: string, suggestion: string | undefined): Problem =>
  error(
    "multiplicity.unknown-analysis",
    path,
    `The plan has no analysis ${quoted(id)}.${didYouMean(suggestion) || " Correct the id before the slash."}`,
  );
export const familyTwice = (path: string, text: string): Problem =>
  error("multiplicity.twice", path, `${quoted(text)} is there twice in the family. Remove one.`);
export const familyNameTwice = (path: string, family: string): Problem =>
  error("multiplicity.family-twice", path, `There are two families ${quoted(family)}. Give each its own name.`);
export const familyUnknownEstimate = (
  path: string,
  id: string,
  name: string,
  names: readonly string[],
  suggestion: string | undefined,
): Problem =>
  error(
    "multiplicity.unknown-estimate",
    path,
    `Analysis ${quoted(id)} has no estimate ${quoted(name)}.${didYouMean(suggestion) || ` It has ${quotedList(names)}.`}`,
  );
export const familyTestMissing = (
  path: string,
  id: string,
  name: string,
  why: "not-run" | "not-estimated" | "no-test",
): ReportedProblem => {
  const because = {
    "not-run": { en: "its analysis was not run", sv: "analysen har inte körts" },
    "not-estimated": { en: "its analysis could not be estimated", sv: "analysen kunde inte skattas" },
    "no-test": { en: "it has no test", sv: "det finns inget test" },
  }[why];
  return warning(
    "multiplicity.no-p",
    path,
    `${quoted(`${id}/${name}`)} has no p-value: ${because.en}. It counts as p = 1 and is not rejected.`,
    `${quotedSv(`${id}/${name}`)} saknar p-värde: ${because.sv}. Testet räknas som p = 1 och förkastas inte.`,
  );
};
export const evidenceLimits = (path: string, label: string): Problem =>
  error(
    "evidence.limits",
    path,
    `The limits of ${quoted(label)} must be below and above its estimate, and both be given or neither. Correct them.`,
  );
export const evidenceNotRatio = (path: string, label: string, measure: string): Problem =>
  error("evidence.not-ratio", path, `The ${measure} of ${quoted(label)} must be above 0, as its limits. Correct it.`);

// ── run, verify, command line ───────────────────────────────────────────────────────────────────

export const unknownCommand = (name: string, suggestion: string | undefined): Problem =>
  error(
    "command.unknown-command",
    "",
    `Unknown command ${quoted(name)}.${meant(suggestion) || " See: analyze --help."}`,
  );
export const unknownOption = (name: string, suggestion: string | undefined): Problem =>
  error(
    "command.unknown-option",
    "",
    `Unknown option ${quoted(`--${name}`)}.${suggestion === undefined ? " See: analyze --help." : meant(`--${suggestion}`)}`,
  );
export const tooManyArguments = (argument: string): Problem =>
  error(
    "command.too-many-arguments",
    "",
    `${quoted(argument)} is one argument too many. Put a name with spaces in quotes.`,
  );
export const missingArgument = (what: string): Problem =>
  error("command.missing-argument", "", `${what} is missing. See: analyze --help.`);
export const optionNeedsValue = (option: string): Problem =>
  error(
    "command.option-needs-value",
    `--${option}`,
    `--${option} needs one value, and is given once. See: analyze --help.`,
  );
export const commandLine = (detail: string): Problem =>
  error("command.not-understood", "", `${detail} See: analyze --help.`);
export const optionSeed = (value: string): Problem =>
  error(
    "command.seed",
    "--seed",
    `The seed must be a whole number from 0 to 9007199254740991; it is ${quoted(value)}.`,
  );
export const optionValue = (
  option: string,
  value: string,
  allowed: readonly string[],
  suggestion: string | undefined,
): Problem =>
  error(
    "command.option-value",
    option,
    `It must be one of ${allowed.join(", ")}; it is ${quoted(value)}.${meant(suggestion)}`,
  );
export const onlyUnknownId = (id: string, ids: readonly string[], suggestion: string | undefined): Problem =>
  error(
    "command.only",
    "--only",
    `The plan has no analysis ${quoted(id)}; it has ${quotedList(ids)}.${meant(suggestion)}`,
  );
export const noDefaultPlan = (): Problem =>
  error(
    "command.no-plan",
    "",
    'No plan is given and the project has no default one. Write: analyze run PLAN, or add "fit-rct": { "plan": "…" } to package.json.',
  );
export const planFileNotFound = (path: string, command: string | undefined): Problem =>
  error(
    "plan.file-not-found",
    path,
    `There is no such plan file.${command === undefined ? " Check the name and the folder." : meant(`analyze ${command}`)}`,
  );
export const planFileNotReadable = (path: string, reason: string): Problem =>
  error("plan.file-not-readable", path, `The plan cannot be read: ${reason}.`);
export const outputIsFile = (path: string): Problem =>
  error("output.is-file", path, "The output folder is a file. Choose another with --out.");
export const outputNotWritable = (path: string, reason: string): Problem =>
  error(
    "output.not-writable",
    path,
    `Cannot write here: ${reason}. Nothing was changed; choose another folder with --out.`,
  );
export const outputNotOurs = (path: string): Problem =>
  error(
    "output.not-ours",
    path,
    "This file is in the way, and no earlier run of analyze wrote it. Move it, or choose another folder with --out.",
  );
export const lockNotWritable = (path: string, reason: string): Problem =>
  error(
    "lock.not-writable",
    path,
    `The lock cannot be written: ${reason}. It stands beside its plan; lock a copy of the plan in a folder where you may write.`,
  );
export const lockExists = (path: string, date: string | null): Problem =>
  error(
    "lock.exists",
    path,
    `${date === null ? "There is a lock file that cannot be read" : `The plan was locked on ${date} and changed since`}. To lock it as it is now, remove this file first, and say so in the registration.`,
  );
export const manifestNotFound = (path: string): Problem =>
  error("verify.no-manifest", path, "There is no manifest.json here. Name the folder that analyze wrote to.");
export const runFileNotReadable = (path: string, detail: string): Problem =>
  error("verify.not-readable", path, `The file cannot be used: ${detail}.`);
export const defect = (message: string): Problem =>
  error(
    "defect",
    "",
    `This is a defect in fit-rct, not in your plan or data: ${message.trimEnd().replace(/\.$/, "")}. Please report it; --verbose shows more.`,
  );
export const moreOfAll = (more: number): string => `… and ${more} more.`;

export const optionWorkers = (value: string, most: number): Problem =>
  error(
    "command.workers",
    "",
    `--workers must be a whole number from 1 to ${most}; got ${quoted(value)}. Leave it out for one worker a core.`,
  );
export const optionOfOthers = (option: string, command: string): Problem =>
  error("command.option-of-others", "", `analyze ${command} has no option --${option}. Remove it.`);

// ── stepped wedge ───────────────────────────────────────────────────────────────────────────────

export const wedgeRoleMissing = (path: string, key: string, role: string): Problem =>
  error("wedge.role-missing", path, `The stepped wedge needs a ${key}. Write "${key}: COLUMN", or declare ${role}.`);
export const wedgeTreatedType = (path: string, name: string, type: string): Problem =>
  error(
    "wedge.treated-type",
    path,
    `"treated" needs a binary column, 1 after the switch of the unit and 0 before; ${quoted(name)} is of type ${type}. Declare it binary, or derive a 0/1 column from it.`,
  );
export const wedgeNeedsNumber = (path: string, key: string, name: string, type: string): Problem =>
  error(
    "wedge.needs-number",
    path,
    `"${key}" needs calendar time as a number; ${quoted(name)} is of type ${type}. Name a column of type number, or use categorical periods.`,
  );
export const wedgeOneCondition = (path: string, treated: string, value: number): Problem =>
  error(
    "wedge.one-condition",
    path,
    `All rows used have ${treated} = ${value}: there is nothing to compare them with. Check where and the missing values.`,
  );
export const wedgeKeyUnused = (path: string, key: string, needs: string): Problem =>
  error("wedge.key-unused", path, `"${key}" is for ${needs}. Remove it, or ask for that.`);
export const wedgeInferenceWith = (path: string, kind: string, why: string): Problem =>
  error("wedge.inference", path, `"${kind}" cannot be had ${why}. Choose another, or remove it.`);
export const wedgeFewExposures = (path: string, needed: number, found: number): Problem =>
  error(
    "wedge.few-exposure-times",
    path,
    `The effect asked for needs at least ${needed} exposure times; the rows used have ${found}. Use a simpler effect, or a smaller exposure-df.`,
  );
export const wedgeFewUnits = (path: string, column: string, units: number): ReportedProblem =>
  warning(
    "fit.few-clusters",
    path,
    `${quoted(column)} has ${units} units. With fewer than 40, normal tests and intervals understate the uncertainty. Prefer a small-sample correction.`,
    `${quotedSv(column)} har ${units} enheter. Med färre än 40 underskattar normalfördelade test och intervall osäkerheten. Använd hellre en korrektion för små stickprov.`,
  );
export const wedgeNotClusterRobust = (path: string, group: string, level: string, column: string): ReportedProblem =>
  note(
    "wedge.not-cluster-robust",
    path,
    `There are no cluster-robust standard errors by ${quoted(column)}: ${quoted(level)} of "${group}" has rows in several units.`,
    `Det finns inga klusterrobusta medelfel för ${quotedSv(column)}: ${quotedSv(level)} av ”${group}” har rader i flera enheter.`,
  );

// ── stepped wedge: design, exposure at the visit, permutation ───────────────────────────────────

const ofRows = (rows: number, of: number): string => `${rows} of ${of} ${of === 1 ? "row" : "rows"}`;
const ofRowsSv = (rows: number, of: number): string => `${rows} av ${of} ${of === 1 ? "rad" : "rader"}`;
export const wedgeSwitchedBack = (path: string, unit: string, from: string, back: string): Problem =>
  error(
    "wedge.switched-back",
    path,
    `Unit ${quoted(unit)} switched in period ${quoted(from)} and is a control again in period ${quoted(back)}. A stepped wedge switches once and never back. Correct the treatment, or leave the unit out with where.`,
  );
export const wedgeTreatedBefore = (
  path: string,
  unit: string,
  period: string,
  rows: number,
  of: number,
): ReportedProblem =>
  warning(
    "wedge.treated-before-switch",
    path,
    `Unit ${quoted(unit)} has ${ofRows(rows, of)} treated in period ${quoted(period)}, before its switch. Check these clients. They are analysed as treated.`,
    `Enhet ${quotedSv(unit)} har ${ofRowsSv(rows, of)} som är behandlade i period ${quotedSv(period)}, före enhetens övergång. Kontrollera dessa klienter. De analyseras som behandlade.`,
  );
export const wedgeUntreatedAfter = (
  path: string,
  unit: string,
  period: string,
  rows: number,
  of: number,
): ReportedProblem =>
  warning(
    "wedge.untreated-after-switch",
    path,
    `Unit ${quoted(unit)} has ${ofRows(rows, of)} not treated in period ${quoted(period)}, after its switch. Check these clients. They are analysed as controls.`,
    `Enhet ${quotedSv(unit)} har ${ofRowsSv(rows, of)} som inte är behandlade i period ${quotedSv(period)}, efter enhetens övergång. Kontrollera dessa klienter. De analyseras som kontroller.`,
  );
export const wedgeNotSwitched = (path: string, unit: string, which: "never" | "always"): ReportedProblem =>
  note(
    "wedge.not-switched",
    path,
    which === "never"
      ? `Unit ${quoted(unit)} is a control in all its periods: it does not switch in the rows used.`
      : `Unit ${quoted(unit)} is treated from its first period on: the rows used have none before its switch.`,
    which === "never"
      ? `Enhet ${quotedSv(unit)} är kontroll i alla sina perioder: den går inte över i de använda raderna.`
      : `Enhet ${quotedSv(unit)} är behandlad från sin första period: de använda raderna har ingen före övergången.`,
  );
export const wedgeNoneTreated = (path: string, unit: string, period: string): ReportedProblem =>
  note(
    "wedge.none-treated",
    path,
    `Unit ${quoted(unit)} switched in period ${quoted(period)}, but the rows used have no treated client of it.`,
    `Enhet ${quotedSv(unit)} gick över i period ${quotedSv(period)}, men de använda raderna har ingen behandlad klient därifrån.`,
  );
const SWITCH_DOUBTS = {
  contradiction: (period: string): Words => ({
    en: `The dates of the periods contradict each other there: an earlier period has dates after the switch, or a later one dates before it. Its switch is taken to be in period ${quoted(period)}. Check the periods against the dates.`,
    sv: `Periodernas datum motsäger varandra där: en tidigare period har datum efter övergången, eller en senare har datum före den. Övergången räknas till period ${quotedSv(period)}. Kontrollera perioderna mot datumen.`,
  }),
  gap: (period: string): Words => ({
    en: `No row of the trial is from the period or periods around it, so it may have been in an earlier period than ${quoted(period)}, from which its exposure is counted.`,
    sv: `Ingen rad i studien är från perioden eller perioderna däromkring, så övergången kan ha skett i en tidigare period än ${quotedSv(period)}, från vilken exponeringen räknas.`,
  }),
  before: (period: string): Words => ({
    en: `That is before the first row of the trial. Its exposure is counted from period ${quoted(period)}, and is too short if it had switched periods earlier.`,
    sv: `Det är före studiens första rad. Exponeringen räknas från period ${quotedSv(period)}, och är för kort om enheten gick över flera perioder tidigare.`,
  }),
} as const;
/** Where in calendar time a declared switch was cannot be told for certain. */
export const wedgeSwitchDoubt = (
  path: string,
  doubt: keyof typeof SWITCH_DOUBTS,
  unit: string,
  switched: string,
  period: string,
  /** Whether the analysis counts periods from the switch. */
  counts: boolean,
): ReportedProblem =>
  (doubt === "contradiction" && counts ? failure : warning)(
    "wedge.switch-doubt",
    path,
    `Unit ${quoted(unit)} switched on ${switched}. ${SWITCH_DOUBTS[doubt](period).en}`,
    `Enhet ${quotedSv(unit)} gick över ${switched}. ${SWITCH_DOUBTS[doubt](period).sv}`,
  );
export const wedgePeriodOfEnrolment = (path: string, period: string, rows: number): Problem =>
  error(
    "wedge.period-of-enrolment",
    path,
    `${rows === 1 ? "1 treated row is" : `${rows} treated rows are`} of a period before the switch of the unit: ${quoted(period)} is the period of enrolment, and the rule "at-visit" treats later visits. Their time since the switch cannot be counted from it. Name the period of the visit as "period", or choose another rule.`,
  );
export const wedgeVerticalMixed = (path: string, cells: number): ReportedProblem =>
  warning(
    "wedge.vertical-mixed",
    path,
    `${cells === 1 ? "1 cell holds" : `${cells} cells hold`} both control and treated rows. "vertical" takes all rows of a unit from the period of its switch on as treated, which draws its estimate towards zero.`,
    `${cells === 1 ? "1 cell har" : `${cells} celler har`} både kontrollrader och behandlade rader. "vertical" räknar alla en enhets rader från och med perioden för övergången som behandlade, vilket drar skattningen mot noll.`,
  );
export const wedgeSequenceBalance = (
  path: string,
  sequences: readonly { readonly period: string | null; readonly units: number }[],
): ReportedProblem =>
  warning(
    "wedge.sequence-balance",
    path,
    `The sequences differ in size: ${sequences.map(({ period, units }) => `${units} ${units === 1 ? "unit" : "units"} ${period === null ? "never" : `in period ${quoted(period)}`}`).join(", ")}. Check the switches against the randomisation list.`,
    `Sekvenserna är olika stora: ${sequences.map(({ period, units }) => `${units} ${units === 1 ? "enhet" : "enheter"} ${period === null ? "aldrig" : `i period ${quotedSv(period)}`}`).join(", ")}. Kontrollera övergångarna mot randomiseringslistan.`,
  );
export const wedgeNoContrast = (
  path: string,
  periods: readonly string[],
  condition: "control" | "treated",
  of: number,
): ReportedProblem =>
  note(
    "wedge.no-contrast",
    path,
    `All units are ${condition === "control" ? "controls" : "treated"} in ${periods.length} of ${of} periods (${quotedList(periods)}). ${periods.length === 1 ? "It compares" : "They compare"} nothing within the period.`,
    `Alla enheter är ${condition === "control" ? "kontroller" : "behandlade"} i ${periods.length} av ${of} perioder (${quotedListSv(periods)}). ${periods.length === 1 ? "Den jämför" : "De jämför"} inget inom perioden.`,
  );
export const wedgeTransition = (path: string, periods: number, rows: number): ReportedProblem =>
  note(
    "wedge.transition",
    path,
    `${rows === 1 ? "1 row is" : `${rows} rows are`} left out: ${periods === 1 ? "the period of the switch" : `the first ${periods} periods from the switch on`} of each unit, declared as transition.`,
    `${rows === 1 ? "1 rad är utelämnad" : `${rows} rader är utelämnade`}: ${periods === 1 ? "perioden för övergången" : `de första ${periods} perioderna från och med övergången`} i varje enhet, angivna som övergångsperiod.`,
  );
export const wedgePredictedExposures = (path: string): ReportedProblem =>
  note(
    "wedge.predicted-exposures",
    path,
    "The effects by exposure time, and the last (LTE), are predictions: the mean effect and the deviation of each exposure time, drawn towards the mean. Their standard errors take the variances as known; degrees of freedom are Satterthwaite's, or the normal distribution's where that is asked for.",
    "Effekterna efter exponeringstid, och den sista (LTE), är prediktioner: medeleffekten och varje exponeringstids avvikelse, dragna mot medelvärdet. Deras medelfel tar varianserna som kända; frihetsgraderna är Satterthwaites, eller normalfördelningens där den är begärd.",
  );
export const wedgeSwitchVaries = (path: string, column: string, unit: string): Problem =>
  error(
    "wedge.switch-varies",
    path,
    `Unit ${quoted(unit)} has several values of ${quoted(column)}. A unit has one switch: give all its rows the same, or leave all empty when it did not switch.`,
  );
export const wedgeVisitBeforeEnrolment = (path: string, visited: string, enrolled: string, rows: number): Problem =>
  error(
    "wedge.visit-before-enrolment",
    path,
    `${rows === 1 ? "1 row has" : `${rows} rows have`} ${quoted(visited)} before ${quoted(enrolled)}. Correct them; both are on one scale, dates or periods.`,
  );
export const wedgeTreatedOrExposure = (path: string, both: boolean): Problem =>
  error(
    "wedge.treated-or-exposure",
    path,
    both
      ? `"treated" names who is treated, and "exposure" works it out. Remove one of them.`
      : `Nothing says who is treated. Name a 0/1 column as "treated", or give "exposure" with rule, enrolled, visited and switch.`,
  );
export const wedgeExposureTypes = (path: string, columns: readonly string[]): Problem =>
  error(
    "wedge.exposure-types",
    path,
    `"exposure" needs enrolled, visited and switch as dates, or all three as numbers of periods; got ${columns.join(", ")}.`,
  );
export const wedgeExposureMoved = (path: string, rule: string, moved: number, of: number): ReportedProblem =>
  note(
    "wedge.exposure-moved",
    path,
    moved === 0
      ? "No visit of a client enrolled before the switch of the unit falls after it: the rules of exposure agree."
      : `${moved} of ${of} visits are of clients enrolled before the switch of their unit and made after it. The rule "${rule}" ${{ enrolment: "counts them as control", "at-visit": "counts them as treated", censored: "leaves them out" }[rule as "enrolment"]}.`,
    moved === 0
      ? "Inget besök av en klient som skrevs in före enhetens övergång ligger efter den: exponeringsreglerna ger samma resultat."
      : `${moved} av ${of} besök gjordes efter enhetens övergång, av klienter som skrevs in före den. Regeln ”${rule}” ${{ enrolment: "räknar dem som kontroll", "at-visit": "räknar dem som behandlade", censored: "utelämnar dem" }[rule as "enrolment"]}.`,
  );
export const wedgePermutationWith = (path: string, what: string): Problem =>
  error(
    "wedge.permutation-with",
    path,
    `Permutation inference cannot be had with ${what} in this version. Remove permutation, or ask for it in an analysis of its own.`,
  );
export const wedgeStratumVaries = (path: string, column: string, unit: string): Problem =>
  error(
    "wedge.stratum-varies",
    path,
    `Unit ${quoted(unit)} is in several strata of ${quoted(column)}. Each unit has one: correct the column, or name another.`,
  );
export const wedgePermutationShared = (path: string): Problem =>
  error(
    "wedge.permutation-with",
    path,
    "Clients (or other random effects) are in several units: with rows that an assignment leaves out, or an outcome that is not gaussian, permutation inference cannot have that in this version. Remove permutation, or the random effect.",
  );
export const wedgePermutationScore = (path: string): ReportedProblem =>
  note(
    "wedge.permutation-score",
    path,
    "The permutation test compares scores: treated clients' observed less expected outcomes, by the model without treatment. Its p-value holds whatever the model. Its estimate, where the score is zero, and its interval rest on the model, and the estimate may differ a little from the analysis's.",
    "Permutationstestet jämför score: de behandlade klienternas observerade minus förväntade utfall, enligt modellen utan behandling. P-värdet gäller oavsett modell. Skattningen, där score är noll, och intervallet vilar på modellen, och skattningen kan skilja sig något från analysens.",
  );
export const wedgeNoNullModel = (path: string): ReportedProblem =>
  warning(
    "wedge.permutation-fit",
    path,
    "The model without treatment could not be fitted, so there is no permutation test. Look at periods and covariates without events, or without others.",
    "Modellen utan behandling kunde inte anpassas, så det finns inget permutationstest. Se efter perioder och kovariater utan händelser, eller med bara händelser.",
  );
export const wedgeNoScoreInterval = (path: string): ReportedProblem =>
  warning(
    "wedge.permutation-interval",
    path,
    "The model could not be fitted with all the effects that a permutation interval has to try: a limit, or the estimate, is not given. The p-value stands.",
    "Modellen kunde inte anpassas med alla de effekter som ett permutationsintervall måste pröva: en gräns, eller skattningen, saknas. P-värdet gäller.",
  );
export const wedgeOneAssignment = (path: string): Problem =>
  error(
    "wedge.one-assignment",
    path,
    "The randomisation could have made only the one assignment that it made: there is nothing to permute. Remove permutation, or stratify less.",
  );
export const wedgeSmallSet = (path: string, assignments: number, level: number): ReportedProblem =>
  warning(
    "wedge.small-permutation-set",
    path,
    `The randomisation could have made ${assignments} assignments, so the smallest possible p-value is 1/${assignments}: there is no ${Math.round(level * 1000) / 10} % permutation interval.`,
    `Randomiseringen kunde ha gett ${assignments} tilldelningar, så det minsta möjliga p-värdet är 1/${assignments}: det finns inget ${inSwedish(Math.round(level * 1000) / 10)}-procentigt permutationsintervall.`,
  );
export const decayCrossed = (path: string, group: string, level: string): Problem =>
  error(
    "wedge.decay-crossed",
    path,
    `With "correlation: decay" random effects must lie within units; ${quoted(level)} of "${group}" has rows in several. Give each unit its own identifiers, or use nested-exchangeable.`,
  );
export const decayWithoutDistance = (path: string, group: string): Problem =>
  error(
    "wedge.decay-without-distance",
    path,
    `With "correlation: decay" some unit must have rows at two times; each has them at one ("${group}"). Look at "where", or use exchangeable.`,
  );
export const decayOnBoundary = (path: string, isOne: boolean): ReportedProblem =>
  warning(
    "fit.singular",
    path,
    isOne
      ? "The correlation between periods of a unit is estimated not to decay at all. Standard errors and degrees of freedom are those of the exchangeable model."
      : "The correlation between periods of a unit is estimated at zero. Standard errors and degrees of freedom are those of the model in which the periods of a unit are independent.",
    isOne
      ? "Korrelationen mellan en enhets perioder är skattad som att den inte avtar alls. Medelfel och frihetsgrader är de för modellen med utbytbar korrelation."
      : "Korrelationen mellan en enhets perioder är skattad till noll. Medelfel och frihetsgrader är de för modellen där en enhets perioder är oberoende.",
  );
/** How the model of a permutation test is not the analysis's own. */
export interface OtherPermutedModel {
  /** The analysis's effect, when it is not the immediate one. */
  readonly effect: string | null;
  readonly decay: boolean;
  /** Whether cells stand for the rows. */
  readonly cells: boolean;
  /** Rows whose treatment is not their unit's. */
  readonly otherwise: number;
}
export const wedgePermutationOwnModel = (
  path: string,
  { effect, decay, cells, otherwise }: OtherPermutedModel,
): ReportedProblem => {
  const has: Words[] = [
    ...(effect === null
      ? []
      : [
          {
            en: `one effect from the switch on, not "effect: ${effect}"`,
            sv: `en enda effekt från och med övergången, inte "effect: ${effect}"`,
          },
        ]),
    ...(decay
      ? [
          {
            en: "a nested exchangeable correlation, not one that decays",
            sv: "en nästlad utbytbar korrelation, inte en som avtar",
          },
        ]
      : []),
    ...(cells
      ? [
          {
            en: "units and periods alone, with covariates taken off within them, because random effects are shared by units and a transition leaves out other rows under each assignment",
            sv: "bara enheter och perioder, med kovariaterna avdragna inom dem, eftersom enheter delar slumpmässiga effekter och övergångsperioder utelämnar olika rader under varje tilldelning",
          },
        ]
      : []),
    ...(otherwise > 0
      ? [
          {
            en: `the unit's treatment for every client (${otherwise} ${otherwise === 1 ? "row has" : "rows have"} the other)`,
            sv: `enhetens behandling för varje klient (${otherwise} ${otherwise === 1 ? "rad" : "rader"} har den andra)`,
          },
        ]
      : []),
  ];
  return note(
    "wedge.permutation-model",
    path,
    `The permutation test compares the immediate effect of a model that is not the analysis's own. It has ${has.map(({ en }) => en).join("; ")}. Its estimate may differ from the analysis's.`,
    `Permutationstestet jämför den omedelbara effekten i en modell som inte är analysens egen. Den har ${has.map(({ sv }) => sv).join("; ")}. Skattningen kan skilja sig från analysens.`,
  );
};
