import { Hono } from "hono";
import { limitBody } from "../../http/body.ts";
import { allows, findKey } from "../../http/keys.ts";
import type { DashboardContext, DashboardEnv } from "../context.ts";
import { acts, signedIn } from "../guard.ts";
import { NAV } from "../nav.ts";
import { renderPage } from "../page.tsx";
import { Field } from "../parts/form.tsx";
import { closeSession, openSession } from "../session.ts";

/** Largest form with a key, which anybody may send. */
const FORM_BYTES = 16 * 1024;

/** A page of this dashboard, from where that is mounted: never another site's. Steps up are none, however they are written. */
const PAGE = /^[a-z][a-z-]*(?:\/(?!(?:\.|%2e){1,2}(?:[/?]|$))[\w.~%!'()*@$&+,;=:-]+)*(?:\?[\x21-\x7e]*)?$/i;

export function signInRoutes() {
  const app = new Hono<DashboardEnv>();

  app.get("/sign-in", (context) => {
    if (context.var.view.visitor !== null) return context.redirect(pageOf(context.req.query("to")), 303);
    return showForm(context, context.req.query("to"));
  });

  app.post("/sign-in", limitBody(FORM_BYTES), async (context: DashboardContext) => {
    const { api, now, mount } = context.var.view;
    const { key: presented, to } = await context.req.parseBody();
    const page = typeof to === "string" ? to : undefined;
    if (api.keys === null) return context.redirect(pageOf(page), 303);
    const key = typeof presented === "string" ? await findKey(api.keys, presented.trim()) : null;
    if (key === null) return showForm(context, page, "This is none of the keys of OMNIQ_KEYS.");
    if (!allows(key, "read")) {
      return showForm(
        context,
        page,
        "This key may not read: sign in with one that has the scope read or admin.",
      );
    }
    await openSession(context, { ...api, keys: api.keys, mount }, key, now);
    return context.redirect(pageOf(page), 303);
  });

  app.post("/sign-out", signedIn, acts("read"), async (context) => {
    const { api, mount } = context.var.view;
    if (api.keys !== null) await closeSession(context, { ...api, keys: api.keys, mount });
    return context.redirect("sign-in", 303);
  });

  return app;
}

function pageOf(to: string | undefined): string {
  return to !== undefined && PAGE.test(to) ? to : (NAV[0]?.path ?? "./");
}

function showForm(context: DashboardContext, to: string | undefined, fault?: string) {
  const { api } = context.var.view;
  const described = fault === undefined ? undefined : "key-fault";
  const page = (
    <section class="sign-in">
      <span class="brand-mark" aria-hidden="true" />
      <h1>Sign in to OmniQ</h1>
      {api.keys?.length === 0 ? (
        <p>
          No keys are configured, so nobody may sign in. Make one with <code>omniq keys new</code> and put its
          digest into <code>OMNIQ_KEYS</code>, or set <code>OMNIQ_AUTH=none</code> where others guard this
          page.
        </p>
      ) : (
        <form method="post" action="sign-in">
          <input type="hidden" name="to" value={to ?? ""} />
          {/* Password managers ask for one. */}
          <input type="text" name="username" autocomplete="username" value="OmniQ" readonly hidden />
          <Field name="key" label="Key" hint="One of OMNIQ_KEYS, with the scope read or admin." fault={fault}>
            <input
              id="key"
              name="key"
              type="password"
              autocomplete="current-password"
              required
              autofocus
              aria-describedby={described}
              aria-invalid={fault === undefined ? undefined : "true"}
            />
          </Field>
          <button type="submit" class="button primary">
            Sign in
          </button>
        </form>
      )}
    </section>
  );
  return renderPage(context, { title: "Sign in", status: fault === undefined ? 200 : 401 }, page);
}
