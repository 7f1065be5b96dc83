import { readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import nodeResolve from "@rollup/plugin-node-resolve";
import terser from "@rollup/plugin-terser";
import typescript from "@rollup/plugin-typescript";

const { dependencies } = JSON.parse(readFileSync("package.json", "utf8"));

/** Members whose name starts with `_` never leave the SDK, so they may be shortened. `boot` is what the collector calls. */
const small = () =>
  terser({
    ecma: 2020,
    toplevel: true,
    compress: { passes: 3, unsafe_arrows: true, unsafe_methods: true, top_retain: ["boot"] },
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

/** `boot` is what the collector calls with a site's setup; see sdk/README.md. */
const script = {
  input: "sdk/script.ts",
  output: { file: "dist/sdk/script.js", format: "iife", name: "boot", sourcemap: false },
  plugins: [nodeResolve({ browser: true }), forBrowsers(), small()],
};

const inspector = {
  input: "sdk/inspector.ts",
  output: { file: "dist/sdk/inspector.js", format: "iife", sourcemap: false },
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
  input: "collector/main.ts",
  output: { file: "dist/collector/calljoin.mjs", format: "es", sourcemap: true, banner: "#!/usr/bin/env node" },
  external: [...builtinModules, /^node:/, ...Object.keys(dependencies).map((name) => new RegExp(`^${name}(/|$)`))],
  plugins: [
    nodeResolve({ exportConditions: ["node"] }),
    typescript({ tsconfig: "tsconfig.json", include: ["collector/**"], noEmit: false }),
  ],
};

export default [script, inspector, esModule, collector];
