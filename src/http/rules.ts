// Which members go together, for the API's own document; the engine checks it.

/** In the form of JSON Schema. */
interface Rule {
  readonly [keyword: string]: unknown;
}

/** What an object must meet besides what its members must. */
export function rules(...allOf: readonly Rule[]) {
  return { allOf };
}

/** At most one of the two. */
export function notBoth(one: string, other: string): Rule {
  return { not: { required: [one, other] } };
}

export function exactlyOne(one: string, other: string): Rule {
  return { oneOf: [{ required: [one] }, { required: [other] }] };
}

/** Where the first is given, so is the second. */
export function needs(one: string, other: string): Rule {
  return { dependentRequired: { [one]: [other] } };
}

/** Where a member has one of these values, the object meets the rule. */
export function where(member: string, values: readonly unknown[], rule: Rule): Rule {
  return { anyOf: [{ not: { required: [member], properties: { [member]: { enum: values } } } }, rule] };
}
