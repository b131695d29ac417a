import type { Child } from "hono/jsx";
import { Icon } from "./icon.tsx";

interface PagerProps {
  /** Addresses of the first and of the next page; null where one stands there already. */
  readonly first: string | null;
  readonly next: string | null;
  readonly nextLabel?: string;
  readonly firstLabel?: string;
  /** What was shown, or looked at. */
  readonly children: Child;
}

/** The way through a list of keyset pages. */
export function Pager({ first, next, nextLabel = "Older", firstLabel = "Newest", children }: PagerProps) {
  return (
    <nav class="pager" aria-label="Pages">
      <p>{children}</p>
      <div class="pager-links">
        {first !== null && (
          <a class="button" href={first}>
            <Icon name="left" />
            {firstLabel}
          </a>
        )}
        {next !== null && (
          <a class="button" href={next}>
            {nextLabel}
            <Icon name="right" />
          </a>
        )}
      </div>
    </nav>
  );
}
