// Prepares a fresh clone, so that its programs can run. Uses plain Node, because nothing is installed yet.

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";

const BUILT = ["dist/sdk/script.js", "dist/sdk/inspector.js", "dist/sdk/calljoin.mjs", "dist/collector/calljoin.mjs"];
const SOURCES = ["sdk", "collector", "rollup.config.mjs", "tsconfig.json", "package.json"];

/** Installs and builds in the current folder, each only if necessary. Throws an `Error` if that fails. */
export function prepare() {
  if (!isInstalled())
    run("Installing the packages, which takes a minute or two", ["ci", "--include=dev", "--no-audit", "--no-fund"]);
  if (!isBuilt()) run("Building", ["run", "--silent", "build"]);
}

/** Whether node_modules has what package-lock.json says, compiled for this version of Node. */
function isInstalled() {
  const wanted = lockedPackages("package-lock.json");
  const present = lockedPackages("node_modules/.package-lock.json");
  if (!wanted || !present) return false;
  const missing = Object.entries(wanted).some(
    ([path, { version, optional }]) => path && !optional && present[path]?.version !== version,
  );
  // The only compiled package. It loads only in the version of Node that it was compiled for.
  const opens = ["-e", "new (require('better-sqlite3'))(':memory:')"];
  return !missing && spawnSync(process.execPath, opens, { stdio: "ignore" }).status === 0;
}

/** Maps each path to `{version, optional}`. Null if there is no such file. */
function lockedPackages(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).packages;
  } catch {
    return null;
  }
}

function isBuilt() {
  const times = BUILT.map((file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  return Math.min(...times) >= Math.max(...SOURCES.map(newest));
}

/**
 * The latest change (epoch ms) of a file, or of anything in a folder. Removing a file changes the time of its folder.
 */
function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(`${path}/${name}`)));
}

/** Runs npm. Shows its output only if it fails. */
function run(what, args) {
  console.log(`${what} …`);
  // Under `npm start`, npm says where it is. Otherwise it is on the path (on Windows as a .cmd, which needs a shell).
  const npm = process.env.npm_execpath;
  const { status, error, stdout, stderr } = npm
    ? spawnSync(process.execPath, [npm, ...args], { encoding: "utf8" })
    : spawnSync("npm", args, { encoding: "utf8", shell: process.platform === "win32" });
  if (status === 0) return;
  throw new Error(`${stdout ?? ""}${stderr ?? ""}\nnpm ${args.join(" ")} failed${error ? `: ${error.message}` : ""}.`);
}
