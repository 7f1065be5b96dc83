import { readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import nodeResolve from "@rollup/plugin-node-resolve";
import terser from "@rollup/plugin-terser";
import typescript from "@rollup/plugin-typescript";

const { dependencies } = JSON.parse(readFileSync("package.json", "utf8"));

/** `let` says all that is left to say of a `const` in code that has been checked. */
const letForConst = {
  name: "let-for-const",
  renderChunk: (code) => ({ code: code.replace(/\bconst\b/g, "let"), map: null }),
};

/** Members whose name starts with `_` never leave the SDK, so they may be shortened. `boot` is what the collector calls. */
const small = () =>
  terser({
    ecma: 2020,
    toplevel: true,
    compress: {
      hoist_funs: true,
      pure_getters: true,
      unsafe: true,
      unsafe_arrows: true,
      unsafe_comps: true,
      unsafe_math: true,
      unsafe_methods: true,
      unsafe_proto: true,
      top_retain: ["boot"],
    },
    format: { comments: false },
    mangle: { reserved: ["boot"], properties: { regex: /^_/ } },
  });
/** ES2020: a browser that has the interfaces that the SDK needs (the youngest is TextEncoder.encodeInto) has its syntax too. */
const forBrowsers = (extra = {}) =>
  typescript({
    tsconfig: "tsconfig.json",
    include: ["sdk/**"],
    filterRoot: ".",
    noEmit: false,
    target: "ES2020",
    types: [],
    ...extra,
  });

/**
 * js-cookie is one object, of which Rollup cannot tell what is unused: its two factory methods, and its checks for a document, which a
 * page always has.
 */
const onlyWhatPagesUse = {
  name: "only-what-pages-use",
  transform(code, id) {
    if (!id.endsWith("js.cookie.mjs")) return null;
    const start = code.indexOf("withAttributes: function");
    const end = code.indexOf("},\n    {\n      attributes:");
    if (start < 0 || end < start) this.error("js-cookie has another shape than expected");
    const shaken = code.slice(0, start) + code.slice(end);
    return { code: shaken.replaceAll("typeof document === 'undefined'", "false"), map: null };
  },
};

/** `boot` is what the collector calls with a site's setup; see sdk/README.md. */
const script = {
  input: "sdk/script.ts",
  output: { file: "dist/sdk/script.js", format: "iife", name: "boot", strict: false, sourcemap: false },
  plugins: [nodeResolve({ browser: true }), onlyWhatPagesUse, forBrowsers(), small(), letForConst],
};

const inspector = {
  input: "sdk/inspector.ts",
  output: { file: "dist/sdk/inspector.js", format: "es", sourcemap: false },
  plugins: [nodeResolve({ browser: true }), forBrowsers(), small()],
};

const esModule = {
  input: "sdk/module.ts",
  output: { file: "dist/sdk/calljoin.mjs", format: "es", sourcemap: true },
  plugins: [
    nodeResolve({ browser: true }),
    forBrowsers({ declaration: true, declarationDir: "dist/sdk/types", rootDir: "sdk" }),
  ],
};

const collector = {
  input: { calljoin: "collector/main.ts", "store-thread": "collector/thread/main.ts" },
  output: {
    dir: "dist/collector",
    format: "es",
    sourcemap: true,
    banner: "#!/usr/bin/env node",
    entryFileNames: "[name].mjs",
    chunkFileNames: "[name].mjs",
    // Else it would be a part of the command, and its users would import the command.
    manualChunks: { config: ["collector/config.ts"] },
  },
  external: [...builtinModules, /^node:/, ...Object.keys(dependencies).map((name) => new RegExp(`^${name}(/|$)`))],
  plugins: [
    nodeResolve({ exportConditions: ["node"] }),
    typescript({ tsconfig: "tsconfig.json", include: ["collector/**"], noEmit: false }),
  ],
};

export default [script, inspector, esModule, collector];
