import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** An app that has nothing of OmniQ but all of its client. */
const APP = 'import * as client from "./src/client/index.ts"; console.log(client);';

it("is at most 10 kB, minified and gzipped, in an app that has nothing else of OmniQ", async () => {
  const { outputFiles, metafile } = await build({
    stdin: { contents: APP, resolveDir: ROOT, loader: "ts" },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "neutral",
    target: "es2024",
    metafile: true,
    write: false,
  });
  const [output] = Object.values(metafile.outputs);
  const inputs = Object.entries(output?.inputs ?? {}).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  const others = inputs.map(([path]) => path).filter((path) => !/^<stdin>$|^src\/(client|core)\//.test(path));
  expect(others).toEqual([]);
  expect(Object.keys(metafile.inputs).filter((path) => /node_modules|storage|http/.test(path))).toEqual([]);
  expect(gzipSync(outputFiles[0]?.contents ?? "").byteLength).toBeLessThanOrEqual(10_000);
});
