import { describe, expect, it, vi } from "vitest";
import { sha256 } from "../../src/core/digest.ts";
import { allows, findKey, parseKeys, SCOPES } from "../../src/http/keys.ts";

const DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

describe("OMNIQ_KEYS", () => {
  it("holds name:scope+scope:digest, comma-separated", () => {
    expect(parseKeys(`ci:enqueue+read:${DIGEST}, ops.2:admin:${DIGEST.toUpperCase()},`)).toEqual([
      { name: "ci", scopes: ["enqueue", "read"], digest: DIGEST },
      { name: "ops.2", scopes: ["admin"], digest: DIGEST },
    ]);
    expect(parseKeys("")).toEqual([]);
    expect(parseKeys(" , ")).toEqual([]);
  });

  it.each([
    ["no digest", "ci:read"],
    ["a key in place of its digest", "ci:read:hunter2"],
    ["a short digest", `ci:read:${DIGEST.slice(1)}`],
    ["no scope", `ci::${DIGEST}`],
    ["an unknown scope", `ci:read+write:${DIGEST}`],
    ["no name", `:read:${DIGEST}`],
    ["a name with a space", `c i:read:${DIGEST}`],
    ["another part", `ci:read:${DIGEST}:more`],
  ])("is refused with %s: the message names the entry by its place, never by its value", (_, entry) => {
    const parse = () => parseKeys(`good:read:${DIGEST},${entry}`);
    expect(parse).toThrow("OMNIQ_KEYS");
    expect(parse).toThrow("entry 2");
    expect(parse).not.toThrow(/hunter2|9f86d081/);
  });

  it("finds the key whose SHA-256 digest was configured, and no other", async () => {
    const keys = parseKeys(`one:read:${await sha256("first")},two:admin:${await sha256("second")}`);
    expect((await findKey(keys, "second"))?.name).toBe("two");
    expect(await findKey(keys, "Second")).toBeNull();
    expect(await findKey(keys, await sha256("second"))).toBeNull();
    expect(await findKey([], "first")).toBeNull();
  });

  it.each([
    ["the first", "one"],
    ["the last", "three"],
    ["none", "four"],
  ])("compares every character of every key's digest, whichever was presented: %s", async (_, presented) => {
    const digests = await Promise.all(["one", "two", "three"].map(sha256));
    const keys = parseKeys(digests.map((digest, index) => `key-${index}:read:${digest}`).join());
    const compared = vi.spyOn(String.prototype, "charCodeAt");
    await findKey(keys, presented);
    const read = compared.mock.contexts.map((text, call) => `${text}[${compared.mock.calls[call]}]`);
    compared.mockRestore();
    const places = Array.from({ length: 64 }, (_, index) => index);
    expect(read).toEqual(
      expect.arrayContaining(digests.flatMap((digest) => places.map((place) => `${digest}[${place}]`))),
    );
    expect(read).toHaveLength(2 * places.length * digests.length);
  });

  it("grants the scopes that it names, and all of them to admin", () => {
    const [reader, admin] = parseKeys(`one:read:${DIGEST},two:admin:${DIGEST}`);
    if (reader === undefined || admin === undefined) throw new Error("expected two keys");
    expect(SCOPES.filter((scope) => allows(reader, scope))).toEqual(["read"]);
    expect(SCOPES.filter((scope) => allows(admin, scope))).toEqual(["enqueue", "read", "admin"]);
  });
});
