// Which members go together, for the API's own document; the engine checks it.

/** In the form of JSON Schema. */
export interface Rule {
  /** For those who read. */
  readonly description: string;
  readonly [keyword: string]: unknown;
}

/** What an object must meet besides what its members must. */
export function rules(...allOf: readonly Rule[]) {
  return { allOf };
}

export function atLeastOne(): Rule {
  return { minProperties: 1, description: "At least one of them." };
}

/** At most one of the two. */
export function notBoth(one: string, other: string): Rule {
  return { not: { required: [one, other] }, description: `Not both ${one} and ${other}.` };
}

export function exactlyOne(one: string, other: string): Rule {
  const description = `Either ${one} or ${other}.`;
  return { oneOf: [{ required: [one] }, { required: [other] }], description };
}

/** Where the first is given, so is the second. */
export function needs(one: string, other: string): Rule {
  return { dependentRequired: { [one]: [other] }, description: `${one} only with ${other}.` };
}

/** Where a member has one of these values, the object meets what `then` says. */
export function where(
  member: string,
  values: readonly unknown[],
  then: Readonly<Record<string, unknown>>,
  description: string,
): Rule {
  const others = { not: { required: [member], properties: { [member]: { enum: values } } } };
  return { anyOf: [others, then], description };
}
