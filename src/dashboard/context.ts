import type { Context } from "hono";
import { createContext, useContext } from "hono/jsx";
import type { Queue } from "../core/queue.ts";
import type { Api } from "../http/context.ts";
import type { Scope } from "../http/keys.ts";
import type { Place } from "./mount.ts";

/** Who looks at a page. */
export interface Visitor {
  /** Name of the key that was signed in with; null where no keys are asked for. */
  readonly name: string | null;
  readonly may: (scope: Scope) => boolean;
  /** Goes with every form of this session. */
  readonly token: string;
}

/** What a page is made with. */
export interface View extends Place {
  readonly api: Api;
  /** Over the session of this request; its answers may be shown. */
  readonly queue: Queue;
  /** Null before anybody has signed in. */
  readonly visitor: Visitor | null;
  /** The moment that the page tells of, in milliseconds since the epoch. */
  readonly now: number;
}

export interface DashboardVariables {
  view: View;
}

export type DashboardEnv = { Variables: DashboardVariables };
export type DashboardContext = Context<DashboardEnv>;

const ViewContext = createContext<View | null>(null);

/** Gives the parts within the view that they are shown in. */
export const ViewProvider = ViewContext.Provider;

/** The view that a part is shown in. */
export function useView(): View {
  const view = useContext(ViewContext);
  if (view === null) throw new Error("expected the part to be rendered by renderPage, got no view");
  return view;
}
