/** The part of yargs 18 that parse-arguments.ts uses; the package comes without types. */
declare module "yargs" {
  export interface Option {
    readonly describe: string;
    readonly type: "string" | "boolean";
    readonly requiresArg?: boolean;
  }
  export interface Parser {
    scriptName(name: string): Parser;
    usage(text: string): Parser;
    parserConfiguration(configuration: Readonly<Record<string, boolean>>): Parser;
    locale(locale: string): Parser;
    option(name: string, option: Option): Parser;
    positional(name: string, option: Option): Parser;
    command(
      command: string | readonly string[],
      describe: string,
      builder: (parser: Parser) => Parser,
      handler: (args: Readonly<Record<string, unknown>>) => void,
    ): Parser;
    help(): Parser;
    alias(name: string, alias: string): Parser;
    version(version: string): Parser;
    wrap(columns: number): Parser;
    exitProcess(exit: boolean): Parser;
    fail(report: (message: string | null, error: Error | null | undefined) => void): Parser;
    parse(argv: readonly string[], done: (error: unknown, args: unknown, output: string) => void): unknown;
  }
  export default function yargs(): Parser;
}
