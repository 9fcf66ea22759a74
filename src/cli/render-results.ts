import type { Results } from "../analysis/results.js";

/** results.json: two spaces, numbers as JavaScript prints them (the shortest text that reads back as the same bits). */
export const renderResults = (results: Results): string => `${JSON.stringify(results, null, 2)}\n`;
