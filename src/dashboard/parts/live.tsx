import type { Child } from "hono/jsx";

/** How often what is live is fetched anew, in milliseconds. */
const EVERY = 5_000;

/** The same of what hardly changes, and may be large. */
export const SELDOM = 30_000;

/**
 * A part of a page that is kept up to date, from the same address as the page, which answers htmx with this part alone. The
 * script asks only while the page is seen, and not while somebody has paused it.
 */
export function Live(props: { id: string; address: string; every?: number; children: Child }) {
  const { id, address, every = EVERY, children } = props;
  return (
    <div
      id={id}
      class="live"
      data-live={String(every)}
      hx-get={address}
      hx-trigger="refresh"
      hx-target="this"
      hx-swap="outerMorph"
    >
      {children}
    </div>
  );
}

/** Pauses what is live on this page; hidden where there is no script to do it. */
export function LiveToggle() {
  return (
    <button type="button" class="button live-toggle" data-live-toggle aria-pressed="true" hidden>
      <span data-live-label>Live</span>
    </button>
  );
}
