import { existsSync, readFileSync } from "node:fs";
import { glob } from "node:fs/promises";
import { dirname, join } from "node:path";
import { marked, type Token } from "marked";
import { expect, it } from "vitest";
import { ROOT } from "../support/package.ts";

/** Where a page points to within the repository. */
function linksOf(text: string): string[] {
  const links: string[] = [];
  marked.walkTokens(marked.lexer(text), (token: Token) => {
    if (token.type === "link" || token.type === "image") links.push(token.href);
  });
  return links.filter((link) => !/^(https?:|mailto:)/.test(link));
}

/** As GitHub makes it of a heading. */
function anchorsOf(text: string): string[] {
  const headings = marked.lexer(text).flatMap((token) => (token.type === "heading" ? [token.text] : []));
  return headings.map((heading: string) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

it("every link of the README and the docs leads somewhere", async () => {
  const broken: string[] = [];
  const pages = ["README.md", "CHANGELOG.md"];
  for await (const page of glob(["docs/**/*.md", "examples/**/*.md"], { cwd: ROOT })) pages.push(page);
  for (const page of pages.filter((each) => !each.includes("node_modules"))) {
    for (const link of linksOf(readFileSync(join(ROOT, page), "utf8"))) {
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? join(ROOT, page) : join(ROOT, dirname(page), path);
      const isThere = existsSync(target);
      const hasAnchor =
        anchor === undefined || (isThere && anchorsOf(readFileSync(target, "utf8")).includes(anchor));
      if (!isThere || !hasAnchor) broken.push(`${page}: ${link}`);
    }
  }
  expect(broken).toEqual([]);
});
