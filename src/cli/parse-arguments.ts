/** The command line → the command and its options, or every problem of it. */

import yargs, { type Option, type Parser } from "yargs";
import type { Language } from "../plan/plan-language.js";
import {
  commandLine,
  missingArgument,
  optionNeedsValue,
  optionOfOthers,
  optionSeed,
  optionValue,
  optionWorkers,
  type Problem,
  ProblemError,
  tooManyArguments,
  unknownCommand,
  unknownOption,
} from "../problem.js";
import { suggest } from "../suggestion.js";

export const commandNames = ["run", "check", "explain", "lock", "verify", "simulate", "schema"] as const;
export type CommandName = (typeof commandNames)[number];

export interface Arguments {
  readonly command: CommandName;
  /** PLAN, RUN_DIR or the name of a schema; null when `run` has none. */
  readonly target: string | null;
  readonly seed: number | null;
  readonly out: string | null;
  readonly data: string | null;
  readonly language: Language;
  /** Ids of analyses; null for all. */
  readonly only: readonly string[] | null;
  readonly resultsOnly: boolean;
  /** Call the arms X and Y, drawn at random. */
  readonly blind: boolean;
  readonly verbose: boolean;
  /** null: as many as pay. */
  readonly workers: number | null;
}

const text = (describe: string): Option => ({ describe, type: "string", requiresArg: true });
const flag = (describe: string): Option => ({ describe, type: "boolean" });

const runOptions = {
  seed: text("Whole number; wins over the plan's seed"),
  out: text("Folder to write to (default: reports/NAME)"),
  data: text("Data file instead of the plan's"),
  lang: text("Language of the report: en or sv (default: en)"),
  only: text("Ids of the analyses to run, separated by commas"),
  blind: flag("Call the arms X and Y, so that nobody sees which is which"),
  "results-only": flag("Write results.json and manifest.json alone"),
  workers: text("Threads for analyses side by side and for replicates (default: as many as pay)"),
};
const everyOption = { verbose: flag("Tell what happens, on standard error") };
const allOptions = ["help", "version", ...Object.keys(everyOption), ...Object.keys(runOptions)];

/** Commands as yargs has them; `<target>` is the one argument after the name. */
const commands: Record<CommandName, { readonly target: string; readonly about: string; readonly options: object }> = {
  run: {
    target: "[plan]",
    about: "Run a plan (default: the project's) and write results and report",
    options: runOptions,
  },
  check: {
    target: "<plan>",
    about: "Check a plan and its data; list every problem; run nothing",
    options: { data: runOptions.data },
  },
  explain: { target: "<plan>", about: "Each analysis in words and as the model it expands to", options: {} },
  lock: { target: "<plan>", about: "Write PLAN.lock: hashes of plan and data dictionary, with the date", options: {} },
  verify: {
    target: "<folder>",
    about: "Run again from the manifest and compare every number",
    options: { workers: runOptions.workers },
  },
  simulate: {
    target: "<file>",
    about: "Make the data files of a trial that does not exist, with a declared truth",
    options: {
      seed: text("Whole number; wins over the file's seed"),
      out: text("Folder to write to (default: data/NAME)"),
    },
  },
  schema: { target: "<name>", about: "Print the JSON Schema of a file: plan, results or simulation", options: {} },
};

const parserConfiguration = {
  "camel-case-expansion": false,
  "dot-notation": false,
  "boolean-negation": false,
  "parse-numbers": false,
  "parse-positional-numbers": false,
  "short-option-groups": false,
};

/**
 * Parse the command line.
 *
 * @returns the arguments, or the text of --help or --version.
 * @throws ProblemError with all that is wrong.
 */
export function parseArguments(argv: readonly string[], version: string): Arguments | string {
  let chosen: { readonly command: CommandName; readonly values: Values } | undefined;
  let failure: string | undefined;
  const choose = (command: CommandName) => (values: Values) => {
    chosen = { command, values };
  };

  let parser = yargs()
    .scriptName("analyze")
    .usage("analyze [run] [PLAN] [options]\n\nAnalyses a cluster-randomised trial by its preregistered plan.")
    .parserConfiguration(parserConfiguration)
    .locale("en");
  for (const command of commandNames) {
    const { about, options, target } = commands[command];
    const names = command === "run" ? [`run ${target}`, "$0"] : `${command} ${target}`;
    parser = parser.command(names, about, (p) => withOptions(p, options), choose(command));
  }
  let output = "";
  withOptions(parser, everyOption)
    .help()
    .alias("help", "h")
    .version(version)
    .wrap(100)
    .exitProcess(false)
    .fail((message) => {
      failure ??= message ?? "The command line cannot be read.";
    })
    .parse(argv, (_error, _args, text) => {
      output = text;
    });

  if (chosen !== undefined) return toArguments(chosen.command, chosen.values);
  if (failure === undefined) return `${output.trimEnd()}\n`;
  throw new ProblemError([failureProblem(failure)]);
}

const withOptions = (parser: Parser, options: object): Parser =>
  Object.entries(options).reduce((p, [name, option]) => p.option(name, option as Option), parser);

/** yargs' own complaints, in our words. */
function failureProblem(message: string): Problem {
  const option = /Not enough arguments following: (.*)/.exec(message)?.[1];
  if (option !== undefined) return optionNeedsValue(option);
  return commandLine(`${message.split("\n")[0]?.replace(/\.$/, "")}.`);
}

/** More only cost memory: each holds the plan and its data. */
const MOST_WORKERS = 64;

type Values = Readonly<Record<string, unknown>>;

function toArguments(command: CommandName, values: Values): Arguments {
  const problems: Problem[] = [];
  const targetName = commands[command].target.slice(1, -1);
  const known = [...Object.keys(everyOption), ...Object.keys(commands[command].options)];
  for (const name of Object.keys(values)) {
    if (["_", "$0", targetName, "h", "help", "version", ...known].includes(name)) continue;
    problems.push(
      allOptions.includes(name) ? optionOfOthers(name, command) : unknownOption(name, suggest(name, known)),
    );
  }
  const one = (name: string): string | null => {
    const value = values[name];
    if (value === undefined) return null;
    if (typeof value === "string" && value !== "") return value;
    problems.push(optionNeedsValue(name));
    return null;
  };

  const positional = (values["_"] as string[]).map(String);
  if (positional[0] === command) positional.shift();
  const target = values[targetName] === undefined ? (positional.shift() ?? null) : String(values[targetName]);
  if (target === null && command !== "run") problems.push(missingArgument(targetName.toUpperCase()));
  const [extra] = positional;
  if (extra !== undefined) problems.push(extraArgument(command, target, extra));

  const result: Arguments = {
    command,
    target,
    seed: toSeed(one("seed"), problems),
    out: one("out"),
    data: one("data"),
    language: toLanguage(one("lang"), problems),
    only: toIds(values["only"], problems),
    resultsOnly: values["results-only"] === true,
    blind: values["blind"] === true,
    verbose: values["verbose"] === true,
    workers: toWorkers(one("workers"), problems),
  };
  if (problems.length > 0) throw new ProblemError(problems);
  return result;
}

/** `analyze chek plan.yaml` is a misspelt command rather than a plan with an argument too many. */
function extraArgument(command: CommandName, target: string | null, extra: string): Problem {
  const looksLikeCommand = command === "run" && target !== null && /^[a-z]+$/.test(target);
  return looksLikeCommand ? unknownCommand(target, suggest(target, commandNames)) : tooManyArguments(extra);
}

function toSeed(text: string | null, problems: Problem[]): number | null {
  if (text === null) return null;
  const seed = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(seed)) return seed;
  problems.push(optionSeed(text));
  return null;
}

function toWorkers(text: string | null, problems: Problem[]): number | null {
  if (text === null) return null;
  const workers = Number(text);
  if (/^\d+$/.test(text) && workers >= 1 && workers <= MOST_WORKERS) return workers;
  problems.push(optionWorkers(text, MOST_WORKERS));
  return null;
}

function toLanguage(text: string | null, problems: Problem[]): Language {
  if (text === null || text === "en") return "en";
  if (text !== "sv") problems.push(optionValue("--lang", text, ["en", "sv"], undefined));
  return "sv";
}

function toIds(value: unknown, problems: Problem[]): string[] | null {
  if (value === undefined) return null;
  const texts = Array.isArray(value) ? value.map(String) : [String(value)];
  const ids = texts
    .flatMap((list) => list.split(","))
    .map((id) => id.trim())
    .filter((id) => id !== "");
  if (ids.length === 0) problems.push(optionNeedsValue("only"));
  return ids;
}
