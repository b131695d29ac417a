import type { Child } from "hono/jsx";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { type DashboardContext, ViewProvider } from "./context.ts";
import { Layout } from "./parts/layout.tsx";

interface PageOptions {
  readonly title: string;
  /** Path of the entry of the menu that the page belongs to. Defaults to none. */
  readonly section?: string;
  /** Names of further scripts and styles. Defaults to none. */
  readonly assets?: readonly string[];
  /** Defaults to 200. */
  readonly status?: ContentfulStatusCode;
}

/** Answers with a whole page. */
export function renderPage(context: DashboardContext, options: PageOptions, children: Child) {
  const { title, section = null, assets, status = 200 } = options;
  const page = (
    <ViewProvider value={context.var.view}>
      <Layout title={title} section={section} assets={assets}>
        {children}
      </Layout>
    </ViewProvider>
  );
  return context.html(`<!doctype html>${page}`, status);
}

/** Answers htmx, which asks for a part of a page anew. */
export function renderPart(context: DashboardContext, children: Child) {
  const part = <ViewProvider value={context.var.view}>{children}</ViewProvider>;
  return context.html(`${part}`);
}

/** Whether htmx asks, and not the browser itself. */
export function isPartial(context: DashboardContext): boolean {
  return context.req.header("hx-request") === "true";
}
