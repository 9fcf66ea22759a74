#!/usr/bin/env node
/** The program `analyze`: hands the process to analyze.ts. */
import { analyze } from "./analyze.js";

process.exitCode = await analyze(process.argv.slice(2), {
  cwd: process.cwd(),
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  isTerminal: process.stderr.isTTY === true,
  now: () => new Date(),
});
