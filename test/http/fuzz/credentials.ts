/** Who calls: keys that are configured, and what passes for one. */
import fc from "fast-check";
import { sha256 } from "../../../src/core/digest.ts";
import { type ApiKey, parseKeys, type Scope } from "../../../src/http/keys.ts";

export interface Credential {
  /** Undefined where no header is sent. */
  readonly authorization: string | undefined;
  /** What the API must let it do: nothing where the key is none that is configured. */
  readonly scopes: readonly Scope[];
}

const CONFIGURED = [
  { secret: "fuzz-5f2c-producer", scopes: ["enqueue"] },
  { secret: "fuzz-91ab-reader", scopes: ["read"] },
  { secret: "fuzz-c07d-both", scopes: ["enqueue", "read"] },
  { secret: "fuzz-e4e4-operator", scopes: ["admin"] },
] as const;

const DIGESTS = await Promise.all(CONFIGURED.map(({ secret }) => sha256(secret)));
const OPERATOR = "fuzz-e4e4-operator";
const WRONG = "fuzz-0000-unknown";

/** As `OMNIQ_KEYS` would hold them. */
export const apiKeys: readonly ApiKey[] = parseKeys(
  CONFIGURED.map(({ scopes }, index) => `${scopes.join(".")}:${scopes.join("+")}:${DIGESTS[index]}`).join(),
);

/** What no reply and no log may hold. */
export const SECRETS: readonly string[] = [...CONFIGURED.map(({ secret }) => secret), ...DIGESTS, WRONG];

export const operator: Credential = {
  authorization: `Bearer ${OPERATOR}`,
  scopes: ["enqueue", "read", "admin"],
};

const configured = CONFIGURED.map(
  ({ secret, scopes }): Credential => ({
    authorization: `Bearer ${secret}`,
    scopes: scopes[0] === "admin" ? operator.scopes : scopes,
  }),
);

/** Mostly one that may do everything. */
export const known: fc.Arbitrary<Credential> = fc.oneof(
  { weight: 4, arbitrary: fc.constant(operator) },
  { weight: 1, arbitrary: fc.constantFrom(...configured) },
);

const refused = [
  undefined,
  "",
  "Bearer",
  "Bearer ",
  OPERATOR,
  `Basic ${OPERATOR}`,
  `Bearer${OPERATOR}`,
  `Bearer: ${OPERATOR}`,
  `Bearer ${WRONG}`,
  `Bearer ${OPERATOR} ${OPERATOR}`,
  `Bearer ${OPERATOR}, Bearer ${OPERATOR}`,
  `Bearer ${OPERATOR}x`,
  `Bearer ${OPERATOR.slice(0, -1)}`,
  `Bearer ${OPERATOR.toUpperCase()}`,
  `Bearer "${OPERATOR}"`,
  `Bearer ' OR '1'='1`,
  `Bearer ${"x".repeat(4_000)}`,
  ...DIGESTS.map((digest) => `Bearer ${digest}`),
];

/** What is none, and sometimes one that is, written otherwise. */
export const doubtful: fc.Arbitrary<Credential> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .constantFrom(...refused)
      .map((authorization): Credential => ({ authorization, scopes: [] })),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(`bearer ${OPERATOR}`, `BEARER   ${OPERATOR}`, `Bearer ${OPERATOR} `)
      .map((authorization): Credential => ({ authorization, scopes: operator.scopes })),
  },
);
