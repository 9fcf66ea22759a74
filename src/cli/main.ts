#!/usr/bin/env node
/** The program `analyze`: hands the process to analyze.ts. */
import { analyze } from "./analyze.js";

// A reader that has seen enough (`analyze schema plan | head`) is no defect.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

process.exitCode = await analyze(process.argv.slice(2), {
  cwd: process.cwd(),
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  isTerminal: process.stderr.isTTY === true,
  now: () => new Date(),
});
