import { readFileSync } from "node:fs";
import { glob } from "node:fs/promises";
import { join, relative } from "node:path";
import { marked } from "marked";

/** A fenced block of a page. */
export interface Block {
  /** The page, from the root of the repository. */
  readonly page: string;
  /** Its place among the page's blocks, from 1. */
  readonly place: number;
  readonly language: string;
  /** What else stands behind the fence: `sh account` is a block that needs an account, say. */
  readonly marks: readonly string[];
  readonly code: string;
  /** Imports of the page's earlier blocks that it does without. */
  readonly earlier: readonly string[];
}

const IMPORT = /^import .*;$/gm;

/** Every fenced block of the README and of the pages under `docs/`, but for those that are generated. */
export async function readBlocks(root: string): Promise<Block[]> {
  const pages = [join(root, "README.md")];
  for await (const page of glob(join(root, "docs/**/*.md"))) pages.push(page);
  return pages
    .map((page) => relative(root, page))
    .filter((page) => !page.startsWith("docs/reference/"))
    .sort()
    .flatMap((page) => blocksOf(page, readFileSync(join(root, page), "utf8")));
}

function blocksOf(page: string, text: string): Block[] {
  const codes = marked.lexer(text).flatMap((token) => (token.type === "code" ? [token] : []));
  const imported = new Set<string>();
  return codes.map(({ lang = "", text: code }, index) => {
    const [language = "", ...marks] = lang.split(" ");
    // What a page has imported it does not import again: a reader has it in mind.
    const earlier = [...imported].filter((line) => !code.includes(line));
    for (const line of code.match(IMPORT) ?? []) imported.add(line);
    return { page, place: index + 1, language, marks, code, earlier };
  });
}

/** How a block is called in the name of a test. */
export function nameOf({ page, place, code }: Block): string {
  return `${page}, block ${place}: ${code.trim().split("\n")[0]}`;
}
