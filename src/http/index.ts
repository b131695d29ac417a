export { createApi } from "./api.ts";
export type { Api } from "./context.ts";
export { type ApiKey, parseKeys, SCOPES, type Scope } from "./keys.ts";
export type { Problem } from "./problem.ts";
