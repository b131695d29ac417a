/** How a value is shown in an error: short, on one line, never its whole content. */
export function describe(value: unknown): string {
  if (typeof value === "string")
    return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}...` : value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "object" && value !== null) return `an object of type ${typeName(value)}`;
  return String(value);
}

/** The same without a word of the value itself, for what may be a secret. */
export function describeKind(value: unknown): string {
  return typeof value === "object" || value === undefined ? describe(value) : `a ${typeof value}`;
}

function typeName(value: object): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  return typeof prototype === "object" && prototype !== null
    ? (prototype.constructor?.name ?? "Object")
    : "null";
}
