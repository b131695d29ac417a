import type { Context, ExecutionContext } from "hono";
import { dashboard } from "../dashboard/index.tsx";
import { NAV } from "../dashboard/nav.ts";
import { createApi } from "../http/api.ts";
import type { Api } from "../http/context.ts";

type Fetch = (request: Request, env: object, context: ExecutionContext) => Response | Promise<Response>;

/** What the API answers, to whoever asks. */
const API = /^\/(?:v1|healthz|metrics|openapi\.json|docs|docs\.css)(?:\/|$)/;

/** What the dashboard has beside its pages. */
const OWN = ["assets", "sign-in", "sign-out"];

/**
 * The API and, beside it, the dashboard.
 *
 * @param resolve gives the queue and the keys for a request
 * @param hasDashboard false serves the API alone
 */
export function makeSite(resolve: (context: Context) => Api, hasDashboard: boolean): Fetch {
  const api = createApi(resolve);
  if (!hasDashboard) return (request, env, context) => api.fetch(request, env, context);
  const pages = dashboard(resolve);
  const names = new Set([...NAV.map(({ path }) => path), ...OWN]);
  /** A browser that asks for what is not there is shown a page; anybody else hears of it as of any path of the API. */
  const isPage = ({ url, method, headers }: Request) => {
    const { pathname } = new URL(url);
    if (API.test(pathname)) return false;
    if (names.has(pathname.split("/")[1] ?? "")) return true;
    return method === "GET" && (headers.get("accept") ?? "").includes("text/html");
  };
  return (request, env, context) => (isPage(request) ? pages : api).fetch(request, env, context);
}
