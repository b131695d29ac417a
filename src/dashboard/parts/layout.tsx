import type { Child } from "hono/jsx";
import { assetPath } from "../assets.ts";
import { useView } from "../context.ts";
import { NAV } from "../nav.ts";
import { ActionForm } from "./form.tsx";
import { Icon } from "./icon.tsx";

/** htmx brings no style of its own, which the policy would forbid, and leaves a page as it is where the server has a fault. */
const HTMX = JSON.stringify({ includeIndicatorCSS: false, history: false, noSwap: [204, 304, "4xx", "5xx"] });

interface LayoutProps {
  readonly title: string;
  /** Path of the entry of the menu that the page belongs to. */
  readonly section: string | null;
  /** Names of further scripts and styles. */
  readonly assets?: readonly string[];
  readonly children: Child;
}

/** What is around every page. */
export function Layout({ title, section, assets = [], children }: LayoutProps) {
  const { base, visitor } = useView();
  const all = ["style.css", "htmx.js", "live.js", ...assets];
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <meta name="htmx-config" content={HTMX} />
        <title>{title} · OmniQ</title>
        <link rel="icon" type="image/svg+xml" href={base + assetPath("icon.svg")} />
        {all.map((name) => (
          <Asset href={base + assetPath(name)} isStyle={name.endsWith(".css")} />
        ))}
      </head>
      <body>
        <a class="skip" href="#main">
          Skip to the content
        </a>
        {visitor !== null && <Sidebar section={section} />}
        <main id="main" tabindex={-1}>
          {children}
        </main>
      </body>
    </html>
  );
}

function Asset({ href, isStyle }: { href: string; isStyle: boolean }) {
  return isStyle ? <link rel="stylesheet" href={href} /> : <script src={href} defer />;
}

function Sidebar({ section }: { section: string | null }) {
  const { base, visitor } = useView();
  return (
    <header class="sidebar">
      <a class="brand" href={`${base}${NAV[0]?.path ?? ""}`}>
        <span class="brand-mark" aria-hidden="true" />
        OmniQ
      </a>
      <nav aria-label="Pages of the dashboard">
        <ul>
          {NAV.map(({ path, label, icon }) => (
            <li>
              <a href={base + path} aria-current={path === section ? "page" : undefined}>
                <Icon name={icon} />
                {label}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      {visitor !== null && visitor.name !== null && (
        <div class="visitor">
          <p>
            <span class="visually-hidden">Signed in as </span>
            {visitor.name}
            <span class="muted">
              {visitor.may("admin") ? "admin" : visitor.may("enqueue") ? "reads, enqueues" : "read only"}
            </span>
          </p>
          <ActionForm action="sign-out">
            <button type="submit" class="link">
              Sign out
            </button>
          </ActionForm>
        </div>
      )}
    </header>
  );
}

/** The head of a page: its title, and what can be done with all of it. */
export function PageHead({ title, children }: { title: Child; children?: Child }) {
  return (
    <div class="page-head">
      <h1>{title}</h1>
      <div class="page-actions">{children}</div>
    </div>
  );
}
