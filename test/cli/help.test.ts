import { describe, expect, it } from "vitest";
import { makeProgram } from "../../src/cli/program.ts";
import { omniqWith } from "./context.ts";

const nowhere = omniqWith({});

describe("help", () => {
  const all = makeProgram().commands.flatMap((command) =>
    command.commands.length > 0
      ? command.commands.map((own) => [`${command.name()} ${own.name()}`])
      : [[command.name()]],
  );
  const groups = makeProgram().commands.filter(({ commands }) => commands.length > 0);

  it.each([[""], ...groups.map((group) => [group.name()])])(
    "of the group `%s` has examples",
    async (name) => {
      const { code, stdout } = await nowhere(...name.split(" ").filter((word) => word !== ""), "--help");
      expect({ code, stdout }).toEqual({
        code: 0,
        stdout: expect.stringMatching(/\nExamples:\n {2}\$ omniq /),
      });
    },
  );

  it.each(all.filter(([name]) => name !== "help"))(
    "of `%s` has examples, and every command has --json",
    async (name = "") => {
      const { code, stdout, stderr } = await nowhere(...name.split(" "), "--help");
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toMatch(/\nExamples:\n {2}\$ omniq /);
      expect(stdout).toContain("--json");
    },
  );

  it("never shows what the environment holds", async () => {
    const env = { OMNIQ_URL: "https://secret.example", OMNIQ_KEY: "secret", OMNIQ_DB_TOKEN: "secret" };
    for (const name of ["ls", "work", "doctor"])
      expect((await omniqWith(env)(name, "--help")).stdout).not.toContain("secret");
  });
});
