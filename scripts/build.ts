/** Builds dist/: the program `analyze` in pieces that load when needed, and the script of the report's live figures. */
import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { bundleLiveFigures } from "./bundle-live-figures.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");

// Libraries written for CommonJS call require() for Node's own modules; an ES module has none.
const banner = `import { createRequire as createRequireOfNode } from "node:module";
const require = createRequireOfNode(import.meta.url);`;

await rm(dist, { recursive: true, force: true });
await mkdir(dist);
await build({
  entryPoints: { analyze: join(root, "src/cli/main.ts") },
  outdir: dist,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20",
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "none",
  banner: { js: banner },
  // An optional drawing library: installed or not, results must not depend on it.
  external: ["canvas"],
  logLevel: "warning",
});

const program = join(dist, "analyze.js");
await chmod(program, 0o755);
await writeFile(join(dist, "live-figures.js"), await bundleLiveFigures(root));
