import { createHash } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { builtinModules } from "node:module";
import nodeResolve from "@rollup/plugin-node-resolve";
import terser from "@rollup/plugin-terser";
import typescript from "@rollup/plugin-typescript";
import dts from "rollup-plugin-dts";

const { version, license, dependencies } = JSON.parse(readFileSync("package.json", "utf8"));

/**
 * Members whose name starts with `_` never leave the SDK, so their names may be shortened. The collector calls `boot`,
 * so that name stays.
 */
const small = () =>
  terser({
    ecma: 2020,
    toplevel: true,
    compress: { top_retain: ["boot"] },
    format: { comments: false },
    mangle: { reserved: ["boot"], properties: { regex: /^_/ } },
  });
/** `npm run check` checks the types once. There is no need to check them again for each bundle. */
const emitted = { noEmit: false, noCheck: true };
/** ES2021, which browsers have had since 2020 (https://caniuse.com/mdn-javascript_operators_logical_or_assignment). */
const forBrowsers = (extra = {}) =>
  typescript({
    tsconfig: "tsconfig.json",
    include: ["sdk/**"],
    filterRoot: ".",
    ...emitted,
    target: "ES2021",
    types: [],
    ...extra,
  });

/** The collector calls `boot` with a site's setup; see sdk/README.md. */
const script = {
  input: "sdk/script.ts",
  output: { file: "dist/sdk/script.js", format: "iife", name: "boot", strict: false, sourcemap: false },
  plugins: [nodeResolve({ browser: true }), forBrowsers(), small()],
};

const inspector = {
  input: "sdk/inspector.ts",
  output: { file: "dist/sdk/inspector.js", format: "es", sourcemap: false },
  plugins: [nodeResolve({ browser: true }), forBrowsers(), small()],
};

/** The inspector, together with the code that checks an installation. The collector defines `CHECK`. */
const check = {
  input: "sdk/check.ts",
  output: { file: "dist/sdk/check.js", format: "es", sourcemap: false },
  plugins: [nodeResolve({ browser: true }), forBrowsers(), small()],
};

/**
 * The module as a package of its own, because a shop's front end does not need what the collector depends on.
 * `npm publish ./dist/sdk` publishes it.
 */
const tagPackage = {
  name: "@calljoin/tag",
  version,
  description: "Calljoin's tag as an ES module: joins phone calls to the web visits they came from.",
  license,
  type: "module",
  sideEffects: false,
  exports: { ".": { types: "./calljoin.d.mts", default: "./calljoin.mjs" } },
  files: ["calljoin.mjs", "calljoin.d.mts"],
  publishConfig: { access: "public", provenance: true },
};

const esModule = {
  input: "sdk/module.ts",
  output: { file: "dist/sdk/calljoin.mjs", format: "es", sourcemap: true },
  plugins: [
    nodeResolve({ browser: true }),
    forBrowsers(),
    {
      name: "tag-package",
      generateBundle() {
        this.emitFile({ type: "asset", fileName: "package.json", source: `${JSON.stringify(tagPackage, null, 2)}\n` });
      },
    },
  ],
};

/** One file, because a consumer under `nodenext` does not follow an import without an extension. */
const types = {
  input: "sdk/module.ts",
  output: { file: "dist/sdk/calljoin.d.mts", format: "es" },
  plugins: [dts()],
};

/** Adds the licence of each package that is bundled. */
const licences = () => ({
  name: "licences",
  generateBundle(_options, bundle) {
    const modules = Object.values(bundle).flatMap(({ moduleIds = [] }) => moduleIds);
    const packages = new Set(modules.flatMap((id) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id)?.[1] ?? []));
    const texts = [...packages].sort().map((name) => `${name}\n\n${readFileSync(`node_modules/${name}/LICENSE`)}`);
    this.emitFile({ type: "asset", fileName: "LICENCES.txt", source: texts.join("\n\n") });
  },
});

/** kysely and zod are bundled. Reading them from 400 files, in two threads, took a third of the time of each start. */
const collector = {
  input: { calljoin: "collector/main.ts", "store-thread": "collector/thread/main.ts" },
  output: {
    dir: "dist/collector",
    format: "es",
    sourcemap: true,
    banner: "#!/usr/bin/env node",
    entryFileNames: "[name].mjs",
    chunkFileNames: "[name].mjs",
    // Otherwise it would become part of the command, and whatever uses it would import the command.
    manualChunks: { config: ["collector/config.ts"] },
  },
  external: [...builtinModules, /^node:/, ...Object.keys(dependencies).map((name) => new RegExp(`^${name}(/|$)`))],
  plugins: [
    nodeResolve({ exportConditions: ["node"] }),
    typescript({ tsconfig: "tsconfig.json", include: ["collector/**"], ...emitted }),
    licences(),
  ],
  onLog: (level, log, handle) => {
    const files = log.ids ?? [log.id ?? ""];
    if (!files.every((file) => file.includes("node_modules"))) handle(level, log);
  },
};

const APP = "collector/console/app";

/**
 * The console's only page and its style sheet. Each file that the page asks for is named after its content, so
 * browsers can keep it for ever.
 */
const consolePage = {
  name: "console-page",
  buildStart: () => rmSync("dist/console", { recursive: true, force: true }),
  generateBundle(_options, bundle) {
    const style = readFileSync(`${APP}/console.css`, "utf8")
      .replace(/\/\*.*?\*\//gs, "")
      .replace(/\s+/g, " ");
    const styleName = `console-${createHash("sha256").update(style).digest("base64url").slice(0, 8)}.css`;
    const script = Object.values(bundle).find(({ isEntry }) => isEntry);
    const page = readFileSync(`${APP}/index.html`, "utf8");
    this.emitFile({ type: "asset", fileName: styleName, source: style });
    this.emitFile({
      type: "asset",
      fileName: "index.html",
      source: page.replace("./console.css", `./${styleName}`).replace("./console.js", `./${script.fileName}`),
    });
  },
};

/**
 * The pages that edit a site's document share most of their code. As one part, they are a quarter smaller. What all
 * pages need is another part.
 */
function partOf(id) {
  if (/app\/site\/|pages\/(set-up|entities|webhooks|vendors)\./.test(id)) return "site";
  return /app\/(visit|pages)\/(?!sign-in)/.test(id) ? undefined : "console";
}

/** The console in the browser: what every page needs, then a part for each page. */
const consoleApp = {
  input: { console: `${APP}/main.tsx` },
  output: {
    dir: "dist/console",
    format: "es",
    entryFileNames: "[name]-[hash].js",
    chunkFileNames: "[name]-[hash].js",
    manualChunks: partOf,
    sourcemap: false,
  },
  plugins: [
    nodeResolve({ browser: true }),
    typescript({ tsconfig: "tsconfig.json", include: [`${APP}/**`, "collector/wire/lists.ts"], ...emitted, types: [] }),
    terser({ ecma: 2020, module: true, format: { comments: false } }),
    consolePage,
  ],
};

export default [script, inspector, check, esModule, types, collector, consoleApp];
