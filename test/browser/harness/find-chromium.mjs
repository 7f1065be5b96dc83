import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
const MAC_APPS = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** A browser whose libraries are missing is found, too, but cannot even tell its version. */
const starts = (path) => existsSync(path) && spawnSync(path, ["--version"], { timeout: 20_000 }).status === 0;

async function playwrightsOwn() {
  try {
    return (await import("playwright")).chromium.executablePath();
  } catch {
    return ""; // not installed yet, or no build for this system
  }
}

/**
 * The path of a Chromium that starts on this machine: `CALLJOIN_CHROMIUM`, else an installed one, else Playwright's own.
 * @returns {Promise<string | undefined>}
 */
export async function findChromium() {
  const named = process.env.CALLJOIN_CHROMIUM;
  if (named) {
    if (starts(named)) return named;
    throw new Error(`CALLJOIN_CHROMIUM names ${named}, which does not start`);
  }
  const folders = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  const installed = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...installed, ...MAC_APPS, await playwrightsOwn()].find(starts);
}
