/** Of the platform's own: it takes anything for what it is said to be. */
type Parsed = ReturnType<typeof JSON.parse>;

/**
 * Parses JSON. Unlike `JSON.parse` it changes nothing in silence:
 *
 * - An integer of more digits than a number holds would be rounded. It becomes a BigInt, which the guard of all values refuses.
 * - A name with an escape, such as `"\n"`, would at times be read as another, `"\\"`, that stood in its place in an earlier object:
 *   V8 in Node 24 and 26. Source: https://github.com/nodejs/node/issues/63785
 *
 * @throws {SyntaxError} when it is no JSON, {@link RangeError} when an escaped name or a long integer is nested too deep to be read
 */
export function parseJson(text: string): Parsed {
  if (!ESCAPED_NAME.test(text) && !LONG_INTEGER.test(text)) return JSON.parse(text);
  // For its judgement alone.
  JSON.parse(text);
  return new Reader(text).read();
}

/** From the last escape of a text to its end and a colon. */
const ESCAPED_NAME = /\\.[^"\\]*"\s*:/;
/** Or what looks like one in a text: rarely enough. */
const LONG_INTEGER = /(?:^|[[:,\s])-?\d{16}/;

const SEPARATORS: ReadonlySet<string | undefined> = new Set(" ,:\n\r\t");
const SCALAR = /[^\s,\]}]+/y;

/** Reads what `JSON.parse` has taken for JSON. */
class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): Parsed {
    switch (this.#next()) {
      case "{":
        return Object.fromEntries(this.#members());
      case "[":
        return this.#items();
      case '"':
        return this.#string();
      default:
        return this.#scalar();
    }
  }

  /** One by one: a list of them would take as much memory as the object. */
  *#members(): Generator<readonly [name: string, value: Parsed]> {
    for (this.#at += 1; this.#next() !== "}"; ) yield [this.#string(), this.read()];
    this.#at += 1;
  }

  #items(): Parsed[] {
    const items: Parsed[] = [];
    for (this.#at += 1; this.#next() !== "]"; ) items.push(this.read());
    this.#at += 1;
    return items;
  }

  #string(): string {
    const start = this.#at;
    let end = start;
    do end = this.#text.indexOf('"', end + 1);
    while (this.#isEscaped(end));
    this.#at = end + 1;
    return JSON.parse(this.#text.slice(start, this.#at));
  }

  #isEscaped(at: number): boolean {
    let start = at;
    while (this.#text[start - 1] === "\\") start -= 1;
    return (at - start) % 2 === 1;
  }

  /** What is too large for any number is known to the guard by its being infinite. */
  #scalar(): Parsed {
    SCALAR.lastIndex = this.#at;
    const [source = ""] = SCALAR.exec(this.#text) ?? [];
    this.#at += source.length;
    const parsed: Parsed = JSON.parse(source);
    const isChanged = /^-?\d{16,}$/.test(source) && Number.isFinite(parsed) && String(parsed) !== source;
    return isChanged ? BigInt(source) : parsed;
  }

  /** The character that the next value, or the end of this one, begins with. */
  #next(): string | undefined {
    while (SEPARATORS.has(this.#text[this.#at])) this.#at += 1;
    return this.#text[this.#at];
  }
}
