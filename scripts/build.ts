/** Builds dist/: the program `analyze`, and the script of the report's live figures. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleLiveFigures } from "./bundle-live-figures.js";
import { bundleProgram } from "./bundle-program.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");

await rm(dist, { recursive: true, force: true });
await mkdir(dist);
await bundleProgram(root, dist);
await writeFile(join(dist, "live-figures.js"), await bundleLiveFigures(root));
