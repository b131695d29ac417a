import { sha256 } from "../../core/digest.ts";
import { makeDocument } from "./document.ts";
import { renderPage } from "./page.ts";
import { STYLE } from "./style.ts";

/** What is sent, and what tells it from what was sent before a release. */
export interface Served {
  readonly text: string;
  readonly etag: string;
}

type All = Readonly<Record<"document" | "page" | "style", Served>>;

let made: All | undefined;

/** Made once in each isolate; where two ask for it at once, twice. */
export async function serve(): Promise<All> {
  made ??= await make();
  return made;
}

async function make(): Promise<All> {
  const document = makeDocument();
  return {
    document: await serveText(JSON.stringify(document)),
    page: await serveText(renderPage(document)),
    style: await serveText(STYLE),
  };
}

async function serveText(text: string): Promise<Served> {
  return { text, etag: `"${(await sha256(text)).slice(0, 32)}"` };
}
