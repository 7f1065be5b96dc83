/** Writes many calls into the store in a folder. */
export function fill(folder: string, site: string, calls: number, snapshots: number): void;
