import { readFileSync } from "node:fs";

/** Beside the command's folder in the repository and in the published package alike. */
export const { version }: { readonly version: string } = JSON.parse(
  readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
);
