/** The data folder: whether it exists, and how it is made. */
import { mkdirSync, rmdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    // Part of the path is a file, links form a circle, or this user may not look.
    return false;
  }
}

/**
 * Makes the data folder if it does not exist, for its owner alone. Returns the folders that it made, outermost first.
 * Throws an error that names the variable.
 */
export function makeDataFolder(folder: string): string[] {
  try {
    return make(folder);
  } catch (error) {
    const { message } = error as Error;
    throw new Error(`CALLJOIN_DATA: ${folder} cannot be created: ${message}; name a folder that this user can create`);
  }
}

/** Throws if the data folder does not exist and cannot be made. Leaves nothing behind. */
export function tryDataFolder(folder: string): void {
  for (const path of makeDataFolder(folder).reverse()) rmdirSync(path);
}

/**
 * Makes one folder at a time, starting from the nearest one that exists. Node's `recursive` takes ENOENT to mean that a
 * parent is missing, makes it again, and never ends (its node_file.cc, MKDirpSync). /proc answers ENOENT whatever is
 * there.
 */
function make(path: string): string[] {
  if (statSync(path, { throwIfNoEntry: false })) return [];
  const above = make(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another process made it a moment ago.
    if (!isFolder(path)) throw error;
  }
  return [...above, path];
}
