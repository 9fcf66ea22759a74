/** The program `analyze` in pieces that load when needed: `analyze.js` and its chunks. */
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";

// Libraries written for CommonJS call require() for Node's own modules; an ES module has none.
export const banner = `import { createRequire as createRequireOfNode } from "node:module";
const require = createRequireOfNode(import.meta.url);`;

/**
 * @param root    the repository's folder.
 * @param folder  where to write.
 */
export async function bundleProgram(root: string, folder: string): Promise<void> {
  await build({
    entryPoints: {
      analyze: join(root, "src/cli/main.ts"),
      "analysis-worker": join(root, "src/cli/analysis-worker.ts"),
      "replicate-worker": join(root, "src/cli/replicate-worker.ts"),
    },
    outdir: folder,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "none",
    banner: { js: banner },
    // An optional drawing library: installed or not, results must not depend on it. And a library that starts its own
    // file as a worker, which a bundle has not.
    external: ["canvas", "piscina"],
    logLevel: "warning",
  });
  await chmod(join(folder, "analyze.js"), 0o755);
}
