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
  /** The file that it is to be in, by its first line `// jobs.ts`: with others of its page it makes an app. */
  readonly file: string | null;
  readonly code: string;
  /** Imports of the page's earlier blocks that it does without. */
  readonly earlier: readonly string[];
}

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
  // What a page has imported it does not import again: a reader has it in mind.
  const imported = new Map<string, string>();
  return codes.map(({ lang = "", text: code }, index) => {
    const [language = "", ...marks] = lang.split(" ");
    const own = importsOf(code);
    const earlier = [...imported].filter(([name]) => !own.has(name)).map(([, line]) => line);
    const [, file = null] = /^\/\/ (\S+\.ts)$/m.exec(code.split("\n")[0] ?? "") ?? [];
    if (file === null) for (const [name, line] of own) imported.set(name, line);
    return { page, place: index + 1, language, marks, file, code, earlier };
  });
}

/** A line for each name that the code imports. */
function importsOf(code: string): Map<string, string> {
  const lines = new Map<string, string>();
  for (const [, what = "", from = ""] of code.matchAll(/^import (.+) from ("[^"]+");/gm)) {
    const [, type = "", names] = /^(type )?\{(.+)\}$/.exec(what) ?? [];
    if (names === undefined) lines.set(what, `import ${what} from ${from};`);
    else
      for (const name of names.split(",").map((each) => each.trim()))
        lines.set(name.replace(/^type /, ""), `import ${type}{ ${name} } from ${from};`);
  }
  return lines;
}

/** How a block is called in the name of a test. */
export function nameOf({ page, place, code }: Block): string {
  return `${page}, block ${place}: ${code.trim().split("\n")[0]}`;
}
