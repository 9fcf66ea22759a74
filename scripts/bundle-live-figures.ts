/** The script that makes a report's figures live, with Vega in it, as one text: `ReportOptions.vegaRuntime`. */
import { build } from "esbuild";

const ENTRY = `
import { parse, textMetrics, View } from "vega";
import { expressionInterpreter } from "vega-interpreter";
import { showLiveFigures } from "./src/report/live-figures.js";
showLiveFigures(document, { parse, View, textMetrics, expressionInterpreter });
`;

/** @param root  the repository's folder. */
export async function bundleLiveFigures(root: string): Promise<string> {
  const result = await build({
    stdin: { contents: ENTRY, resolveDir: root, loader: "ts" },
    bundle: true,
    minify: true,
    format: "iife",
    platform: "browser",
    target: "es2022",
    legalComments: "none",
    write: false,
  });
  return result.outputFiles[0]!.text;
}
