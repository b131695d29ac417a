import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { GENERATED, generate } from "../../scripts/embed.ts";
import { ASSETS } from "../../src/dashboard/generated.ts";

describe("the assets of the dashboard", () => {
  it("are those of the sources and of the packages that the lock file names", () => {
    const isSame = readFileSync(GENERATED, "utf8") === generate();
    expect(isSame, "expected src/dashboard/generated.ts to be new: run node scripts/embed.ts").toBe(true);
  });

  it("carry the licences of what is not ours", () => {
    const licensed = ASSETS.filter(({ body }) => body.startsWith("/*!")).map(({ name }) => name);
    expect(licensed).toEqual(["htmx.js", "uplot.js", "uplot.css"]);
  });

  it("ask nothing of another site", () => {
    for (const { name, body } of ASSETS) {
      const asked = body.match(/(?:@import|url\(|fetch\()\s*["']?https?:/g);
      expect(asked, name).toBeNull();
      expect(body, name).not.toContain("sourceMappingURL");
    }
  });
});
