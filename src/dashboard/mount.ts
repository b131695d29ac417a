/** Where a request is, of a dashboard that may be mounted anywhere. */
export interface Place {
  /** From the page to where the dashboard is mounted: `""`, `"../"` ... goes before every link. */
  readonly base: string;
  /** Where it is mounted, as the request has it: empty at the root. */
  readonly mount: string;
  /** The page, from there on: without a slash before it, and as the browser wrote it. */
  readonly page: string;
}

interface Address {
  /** What the app routes by: it may hold more than the path, such as the host. */
  readonly path: string;
  /** Of the address, as the browser wrote it. */
  readonly pathname: string;
  /** Of the middleware that stands where the dashboard is mounted, such as `/of/:tenant/*`. */
  readonly pattern: string;
}

/** Finds a request's place by counting: links are relative, since a proxy may have stripped what is before them. */
export function placeOf({ path, pathname, pattern }: Address): Place {
  const depth = path.split("/").length - pattern.split("/").length;
  const segments = pathname.split("/");
  // Mounted there without a slash behind it, which links begin from. What it is called may look like another site's address.
  if (depth < 0) return { base: `./${segments.at(-1)}/`, mount: pathname, page: "" };
  const start = segments.length - depth - 1;
  return {
    base: "../".repeat(depth),
    mount: segments.slice(0, start).join("/"),
    page: segments.slice(start).join("/"),
  };
}
