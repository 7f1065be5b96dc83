/** The packages as they are published, installed in an empty folder. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import nodeResolve from "@rollup/plugin-node-resolve";
import { rollup } from "rollup";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../collector/contract/process";
import { eventually } from "../eventually";

const { version } = JSON.parse(readFileSync("package.json", "utf8"));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "calljoin-pack-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Packs a folder of this repository as it was built, installs that in an empty folder, and answers it. */
function install(from: string): { place: string; files: string[] } {
  const place = mkdtempSync(join(folder, "user-"));
  const packed = npm(resolve("."), "pack", from, "--ignore-scripts", "--json", "--pack-destination", place);
  const [{ filename, files }] = JSON.parse(packed) as [{ filename: string; files: { path: string }[] }];
  writeFileSync(join(place, "package.json"), "{}");
  npm(place, "install", `./${filename}`, "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline");
  return { place, files: files.map(({ path }) => path) };
}

function npm(cwd: string, ...args: string[]): string {
  return execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

describe("the package calljoin", () => {
  let child: ChildProcess | undefined;
  afterEach(() => void child?.kill("SIGTERM"));

  it("serves by npx from an empty folder, and brings what it needs to be run", async () => {
    const { place, files } = install(".");
    expect(files).toEqual(
      expect.arrayContaining([
        "dist/collector/calljoin.mjs",
        "dist/sdk/script.js",
        "deploy/calljoin.service",
        "LICENSE",
        "README.md",
      ]),
    );
    expect(files.filter((path) => /^(test|collector|sdk|node_modules)\//.test(path))).toEqual([]);
    // The part of it that is native is not built a second time here.
    const built = "node_modules/better-sqlite3/build/Release/better_sqlite3.node";
    mkdirSync(join(place, "node_modules/better-sqlite3/build/Release"), { recursive: true });
    cpSync(resolve(built), join(place, built));
    expect(npm(place, "exec", "--", "calljoin", "--version")).toBe(`${version}\n`);

    const PORT = String(await freePort());
    child = spawn("npx", ["calljoin", "serve"], {
      cwd: place,
      env: { ...process.env, PORT, DATABASE_URL: "", CALLJOIN_DATA: "data" },
    });
    const url = `http://127.0.0.1:${PORT}/readyz`;
    await eventually(async () => expect((await fetch(url)).ok).toBe(true), 100);
    expect(existsSync(join(place, "data/admin-token"))).toBe(true);
  });
});

describe("the package @calljoin/tag", () => {
  it("is the module and its types alone, and is bundled by its name", async () => {
    const { place, files } = install("./dist/sdk");
    expect(files.sort()).toEqual(["calljoin.d.mts", "calljoin.mjs", "package.json"]);
    expect(readdirSync(join(place, "node_modules")).filter((name) => !name.startsWith("."))).toEqual(["@calljoin"]);
    const installed = JSON.parse(readFileSync(join(place, "node_modules/@calljoin/tag/package.json"), "utf8"));
    expect(installed).toMatchObject({ version, type: "module", sideEffects: false });
    expect(installed.dependencies).toBeUndefined();

    writeFileSync(
      join(place, "shop.js"),
      'import { start } from "@calljoin/tag";\nstart({ site: "shop", collector: "https://calls.shop.example" });\n',
    );
    const bundle = await rollup({
      input: join(place, "shop.js"),
      plugins: [nodeResolve({ browser: true, rootDir: place })],
      onLog: () => undefined,
    });
    const [{ code, imports }] = (await bundle.generate({ format: "es" })).output;
    expect(imports).toEqual([]);
    expect(code).toContain("https://calls.shop.example");
    expect(code.length).toBeGreaterThan(5_000);
  });
});
