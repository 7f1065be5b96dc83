/** The data folder, and whether there is a folder at all. */
import { mkdirSync, rmdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    // A part of it is a file, links lead round in a circle, or this user may not look.
    return false;
  }
}

/** Makes the data folder, its owner's alone, where it is not there; answers what was made, the outermost first. Throws an error that names the variable. */
export function makeDataFolder(folder: string): string[] {
  try {
    return make(folder);
  } catch (error) {
    const { message } = error as Error;
    throw new Error(`CALLJOIN_DATA: ${folder} cannot be created: ${message}; name a folder that this user can create`);
  }
}

/** Throws where the data folder is not there and cannot be made; leaves nothing behind. */
export function tryDataFolder(folder: string): void {
  for (const path of makeDataFolder(folder).reverse()) rmdirSync(path);
}

/**
 * One by one, from the nearest that is there: Node's `recursive` takes ENOENT for a parent that is missing, makes it again and never ends
 * (its node_file.cc, MKDirpSync), and /proc answers so whatever is there.
 */
function make(path: string): string[] {
  if (statSync(path, { throwIfNoEntry: false })) return [];
  const above = make(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another process has made it a moment ago.
    if (!isFolder(path)) throw error;
  }
  return [...above, path];
}
