/** Bundles bench.ts as the program itself is bundled, and runs it: what is timed is what users run. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { build } from "esbuild";
import { banner } from "./bundle-program.js";

const root = join(import.meta.dirname, "..");
const outfile = join(root, "dist/bench.mjs");
await build({
  entryPoints: [join(root, "scripts/bench.ts")],
  outfile,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20",
  banner: { js: banner },
  logLevel: "warning",
});
process.exitCode = spawnSync(process.execPath, [outfile, ...process.argv.slice(2)], { stdio: "inherit" }).status ?? 1;
