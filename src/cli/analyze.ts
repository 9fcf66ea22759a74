/** The command `analyze`: from the command line to an exit status. */
import { defect, ProblemError } from "../problem.js";
import type { InputOutput } from "./input-output.js";
import { type Arguments, type CommandName, parseArguments } from "./parse-arguments.js";
import { printProblems } from "./print-problems.js";
import { VERSION } from "./version.js";

/** 0 all estimated; 1 cannot be done as asked; 2 written, but not everything could be estimated. */
export type ExitStatus = 0 | 1 | 2;
export type Command = (args: Arguments, io: InputOutput, argv: readonly string[]) => Promise<ExitStatus>;

/** Each command loads only what it needs. */
const commands: Record<CommandName, () => Promise<Command>> = {
  run: async () => (await import("./run.js")).run,
  check: async () => (await import("./check.js")).check,
  explain: async () => (await import("./explain.js")).explain,
  lock: async () => (await import("./lock.js")).lock,
  verify: async () => (await import("./verify.js")).verify,
  simulate: async () => (await import("./simulate.js")).simulate,
  schema: async () => (await import("./schema.js")).schema,
};

/**
 * Run the command line. Never throws: problems and defects go to standard error.
 *
 * @param argv  without the program's name.
 */
export async function analyze(argv: readonly string[], io: InputOutput): Promise<ExitStatus> {
  try {
    const args = parseArguments(argv, VERSION);
    if (typeof args === "string") {
      io.out(args);
      return 0;
    }
    const command = await commands[args.command]();
    return await command(args, io, argv);
  } catch (error) {
    if (error instanceof ProblemError) printProblems(error.problems, io.err);
    else {
      printProblems([defect(error instanceof Error ? error.message : String(error))], io.err);
      if (argv.includes("--verbose") && error instanceof Error) io.err(`${error.stack ?? ""}\n`);
    }
    return 1;
  }
}
