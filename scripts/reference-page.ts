/** An exported item, or a member of one, as API Extractor writes it. */
export interface ApiItem {
  readonly kind: string;
  /** Absent of a constructor and of a call signature. */
  readonly name?: string;
  readonly docComment?: string;
  readonly excerptTokens: readonly { readonly text: string }[];
  readonly members?: readonly ApiItem[];
  readonly canonicalReference: string;
}

/** What a docstring says. */
interface Docs {
  readonly summary: string;
  readonly tags: readonly { readonly tag: string; readonly text: string }[];
}

const KINDS: readonly [kind: string, title: string][] = [
  ["Function", "Functions"],
  ["Class", "Classes"],
  ["Interface", "Interfaces"],
  ["TypeAlias", "Types"],
  ["Variable", "Constants"],
];

/** Lines of a signature that are shown. */
const LONGEST = 40;

/** The page of an entry point. */
export function renderPage(entryPoint: string, items: readonly ApiItem[]): string {
  const parts = KINDS.flatMap(([kind, title]) => {
    const some = items.filter((item) => item.kind === kind && isExported(item));
    return some.length === 0
      ? []
      : [`## ${title}`, ...some.map((item) => renderItem(withInherited(item, items)))];
  });
  const head = `# ${entryPoint}\n\nGenerated from the docstrings by \`npm run reference\`.`;
  return `${[head, ...parts].join("\n\n")}\n`;
}

/** Nobody can import what is only mentioned: its reference says so by a tilde. */
function isExported({ canonicalReference }: ApiItem): boolean {
  return !canonicalReference.includes("!~");
}

/** A class with what it has from classes that nobody can import: to its user it is one. */
function withInherited(item: ApiItem, items: readonly ApiItem[]): ApiItem {
  const [, parent] = /^(?:abstract )?class \w+(?:<.+>)? extends (\w+)/.exec(signatureOf(item)) ?? [];
  const base = items.find(({ name }) => name === parent);
  if (base === undefined || isExported(base)) return item;
  const inherited = withInherited(base, items).members?.filter(({ kind }) => kind !== "Constructor") ?? [];
  return { ...item, members: [...(item.members ?? []), ...inherited] };
}

function renderItem(item: ApiItem): string {
  const { summary, tags } = readDocs(item);
  const shown = (item.members ?? []).filter(isShown);
  const members = shown.length === 0 ? [] : [shown.map(renderMember).join("\n")];
  return [`### ${item.name}`, fence(signatureOf(item)), summary, ...renderTags(tags), ...members]
    .filter((part) => part !== "")
    .join("\n\n");
}

/** A class that is made by a function of ours shows no constructor. */
function isShown({ kind, docComment = "" }: ApiItem): boolean {
  return kind !== "Constructor" || !docComment.includes("Constructs a new instance");
}

function renderMember(item: ApiItem): string {
  const { summary, tags } = readDocs(item);
  const told = tags.filter(({ tag }) => tag !== "example").map(renderTag);
  const text = [oneLine(summary), ...told.map(oneLine)].filter((part) => part !== "").join(" ");
  return `- \`${oneLine(signatureOf(item)).replaceAll("`", "'")}\`${text === "" ? "" : `: ${text}`}`;
}

function renderTags(tags: Docs["tags"]): string[] {
  const listed = tags.filter(({ tag }) => tag !== "example").map((tag) => `- ${oneLine(renderTag(tag))}`);
  const examples = tags.filter(({ tag }) => tag === "example").map(({ text }) => fence(text));
  return [listed.join("\n"), ...examples];
}

const WORDS: Readonly<Record<string, string>> = { returns: "Returns", throws: "Throws" };

function renderTag({ tag, text }: Docs["tags"][number]): string {
  if (tag === "param" || tag === "typeParam") {
    const [name = "", ...rest] = text.split(" ");
    return `\`${name}\`: ${rest.join(" ").replace(/^- /, "")}`;
  }
  return `${WORDS[tag] ?? tag} ${text}`;
}

function readDocs({ docComment = "" }: ApiItem): Docs {
  const lines = docComment.replace(/^\/\*\*|\*\/\s*$/g, "").split("\n");
  const text = lines.map((line) => line.replace(/^\s*\* ?/, "")).join("\n");
  const plain = text.replaceAll(/\{@link ([^}]+)\}/g, "`$1`");
  const [summary = "", ...rest] = plain.split(/^@(?=\w)/m);
  const tags = rest.map((part) => {
    const [, tag = "", body = ""] = /^(\w+)\s*([\s\S]*)$/.exec(part) ?? [];
    return { tag, text: body.trim() };
  });
  return { summary: summary.trim(), tags };
}

function signatureOf({ excerptTokens }: ApiItem): string {
  const text = excerptTokens.map((token) => token.text).join("");
  const signature = text.replace(/^export (declare )?/, "").trim();
  const [first = "", ...rest] = signature.split("\n");
  // What a library infers, such as the columns of a table, says nothing to a reader.
  return rest.length > LONGEST ? `${first} ... }` : signature;
}

const fence = (code: string) => `\`\`\`ts\n${code}\n\`\`\``;
const oneLine = (text: string) => text.replaceAll(/\s*\n\s*/g, " ").trim();
