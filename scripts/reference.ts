/**
 * `npm run reference`: writes `docs/reference/`, a page for each entry point of the package, from the docstrings of what it exports,
 * and one of the command line, from its help. With a folder as its argument it writes there.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CompilerState, Extractor, ExtractorConfig, ExtractorLogLevel } from "@microsoft/api-extractor";
import { renderCommandLine } from "./reference-cli.ts";
import { type ApiItem, renderPage } from "./reference-page.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const out = process.argv[2] ?? join(root, "docs/reference");
const built = mkdtempSync(join(tmpdir(), "omniq-reference-"));

function build(): void {
  const { status } = spawnSync(process.execPath, [join(root, "scripts/build.ts"), built], {
    stdio: "inherit",
  });
  if (status !== 0) process.exit(status ?? 1);
  symlinkSync(join(root, "node_modules"), join(built, "node_modules"));
  cpSync(join(root, "tsconfig.json"), join(built, "base.json"));
  const compilerOptions = {
    lib: ["ES2024", "DOM"],
    target: "ES2022",
    rewriteRelativeImportExtensions: false,
  };
  const tsconfig = { extends: "./base.json", compilerOptions, include: ["lib/**/*.d.ts"], exclude: [] };
  writeFileSync(join(built, "tsconfig.json"), JSON.stringify(tsconfig));
}

/** The entry points that have types, by their name: `omniq/d1` and so on. */
function entryPoints(): [name: string, types: string][] {
  const { exports } = JSON.parse(readFileSync(join(built, "package.json"), "utf8"));
  return Object.entries<{ types?: string }>(exports).flatMap(([subpath, { types }]) =>
    types === undefined ? [] : [[`omniq${subpath.slice(1)}`, join(built, types)]],
  );
}

const quiet = { default: { logLevel: ExtractorLogLevel.None } };

function configFor(types: string): ExtractorConfig {
  return ExtractorConfig.prepare({
    configObject: {
      projectFolder: built,
      mainEntryPointFilePath: types,
      compiler: { tsconfigFilePath: join(built, "tsconfig.json") },
      apiReport: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      docModel: { enabled: true, includeForgottenExports: true, apiJsonFilePath: join(built, "api.json") },
      messages: {
        compilerMessageReporting: quiet,
        extractorMessageReporting: quiet,
        tsdocMessageReporting: quiet,
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(built, "package.json"),
  });
}

function readItems(config: ExtractorConfig, compilerState: CompilerState): ApiItem[] {
  const options = { compilerState, localBuild: true, messageCallback: () => {} };
  const { succeeded } = Extractor.invoke(config, options);
  if (!succeeded) throw new Error(`the types of ${config.mainEntryPointFilePath} could not be read`);
  const { members } = JSON.parse(readFileSync(join(built, "api.json"), "utf8"));
  return members[0].members;
}

build();
const points = entryPoints();
const configs = points.map(([, types]) => configFor(types));
const [first] = configs;
if (first === undefined) throw new Error("expected the package to have an entry point");
// Read once for all of them: this is what takes long.
const state = CompilerState.create(first, { additionalEntryPoints: points.map(([, types]) => types) });
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
for (const [index, config] of configs.entries()) {
  const [name = ""] = points[index] ?? [];
  const file = `${name.replace("/", "-")}.md`;
  writeFileSync(join(out, file), renderPage(name, readItems(config, state)));
  console.log(`docs/reference/${file}`);
}
writeFileSync(join(out, "cli.md"), renderCommandLine());
console.log("docs/reference/cli.md");
rmSync(built, { recursive: true, force: true });
