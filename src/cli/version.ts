import packageJson from "../../package.json" with { type: "json" };

/** Version of fit-rct, as results and manifest have it. */
export const VERSION: string = packageJson.version;
