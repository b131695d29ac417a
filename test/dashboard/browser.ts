import type { Answer, Call } from "../support/http.ts";

/** A form as a browser sends it, from a page of its own site. */
export function post(
  call: Call,
  path: string,
  fields: Record<string, string> = {},
  cookie?: string,
): Promise<Answer> {
  return call("POST", path, {
    raw: new URLSearchParams(fields).toString(),
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      origin: "http://omniq.test",
      "sec-fetch-site": "same-origin",
      ...(cookie === undefined ? {} : { cookie }),
    },
  });
}

/** A page as a browser asks for it. */
export function visit(call: Call, path: string, cookie?: string): Promise<Answer> {
  return call("GET", path, { headers: { accept: "text/html", ...(cookie === undefined ? {} : { cookie }) } });
}

/** The same as htmx asks for a part of it. */
export function refresh(call: Call, path: string, cookie?: string): Promise<Answer> {
  return call("GET", path, {
    headers: { "hx-request": "true", ...(cookie === undefined ? {} : { cookie }) },
  });
}

/** The cookie of an answer, as it is sent back. */
export function cookieOf(answer: Answer): string {
  return (answer.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
}

/** The token that the forms of a page carry. */
export function tokenOf(page: Answer): string {
  return /name="token" value="(\w*)"/.exec(page.text)?.[1] ?? "";
}

/** Where the links, the forms and the assets of a page lead. */
export function targetsOf(page: Answer): string[] {
  return [...page.text.matchAll(/(?:href|src|action|hx-get)="([^"]*)"/g)].map(([, target]) =>
    (target ?? "").replaceAll("&amp;", "&"),
  );
}
