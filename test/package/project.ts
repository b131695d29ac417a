import { existsSync } from "node:fs";
import { cp, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { MODULES, run, runWell } from "../support/package.ts";

const APPS = fileURLToPath(new URL("./apps", import.meta.url));

/** A fresh project of somebody who uses the package. */
export class Project {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** @param apps folders of `apps/`, copied into it */
  static async create(path: string, apps: readonly string[]): Promise<Project> {
    await mkdir(path, { recursive: true });
    const project = new Project(path);
    await project.write("package.json", JSON.stringify({ name: "consumer", private: true, type: "module" }));
    for (const app of apps) await cp(join(APPS, app), join(path, app), { recursive: true });
    return project;
  }

  write(file: string, text: string): Promise<void> {
    return writeFile(join(this.path, file), text);
  }

  read(file: string): Promise<string> {
    return readFile(join(this.path, file), "utf8");
  }

  /** Installs from the registry, or a tarball. */
  install(...specifiers: string[]): void {
    const quiet = ["--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"];
    runWell("npm", ["install", "--ignore-scripts", ...quiet, ...specifiers], this.path);
  }

  /** Has packages that the repository has, as if they were installed here, where they are not. */
  async link(...names: string[]): Promise<void> {
    for (const name of names) {
      const path = join(this.path, "node_modules", name);
      if (existsSync(path)) continue;
      await mkdir(dirname(path), { recursive: true });
      await symlink(join(MODULES, name), path);
    }
  }

  /**
   * Checks the types of some files as strictly as can be.
   *
   * @param types the global ones
   * @param options `skipLibCheck: false` checks the declarations that they use, too
   * @returns what is wrong, but for what is wrong in declarations of other packages
   */
  async checkTypes(
    moduleResolution: "NodeNext" | "Bundler",
    files: readonly string[],
    types: readonly string[],
    { skipLibCheck = true } = {},
  ): Promise<string[]> {
    const compilerOptions = {
      ...{ strict: true, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true, noEmit: true },
      ...{ target: "ES2024", lib: ["ES2024"], types, skipLibCheck },
      ...{ module: moduleResolution === "NodeNext" ? "NodeNext" : "ESNext", moduleResolution },
    };
    const config = `tsconfig.${moduleResolution}.json`;
    await this.write(config, JSON.stringify({ compilerOptions, files }));
    const { status, stdout } = run("tsc", ["-p", config, "--pretty", "false"], this.path);
    const faults = stdout.split("\n").filter((line) => /error TS\d+/.test(line));
    if (status !== 0 && faults.length === 0) throw new Error(`expected tsc to say what is wrong: ${stdout}`);
    return faults.filter((line) => !/node_modules\/(?!omniq\/)/.test(line));
  }

  /** Bundles a Worker into its folder `out`, as a deployment would. @returns its modules, by their paths in `node_modules` */
  async bundle(app: string): Promise<string[]> {
    const argv = ["deploy", "--dry-run", "--outdir", "out", "--metafile", "out/meta.json"];
    runWell("wrangler", argv, join(this.path, app));
    const { inputs } = JSON.parse(await this.read(`${app}/out/meta.json`));
    return Object.keys(inputs).flatMap((path) => path.split("node_modules/").slice(1).slice(-1));
  }
}
