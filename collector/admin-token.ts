/** The operator's token: as configured, else as it was made at the first start, and is kept in the data folder. */
import { randomBytes } from "node:crypto";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Config, secret } from "./config";
import { makeDataFolder } from "./folder";
import { sync } from "./store/sqlite-file";

/** The token; one that is made is printed this once. Throws an error that names the file where it is no token, or none can be kept there. */
export function adminToken({ adminToken: configured, dataFolder }: Config): string {
  const known = configured ?? keptToken(dataFolder);
  if (known !== undefined) return known;
  const file = fileIn(dataFolder);
  const token = `cja_${randomBytes(32).toString("base64url")}`;
  keep(file, `${token}\n`);
  process.stdout.write(`The admin token, kept in ${file} and not shown again: ${token}\n`);
  return token;
}

/** The token in the data folder, undefined where there is none yet. Throws where it would let in whoever guesses it: a file may be cut off. */
export function keptToken(folder: string): string | undefined {
  const file = fileIn(folder);
  let text: string;
  try {
    text = readFileSync(file, "utf8").trim();
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return undefined;
    throw new Error(`CALLJOIN_DATA: ${file} cannot be read: ${(error as Error).message}`);
  }
  const { error } = secret.safeParse(text);
  if (!error) return text;
  throw new Error(
    `CALLJOIN_DATA: ${file} ${error.issues[0]?.message}; delete the file, and the next start makes a new token`,
  );
}

/** Under its name the file is whole, and on disk: a full disk, or a power cut, leaves none. */
function keep(file: string, text: string): void {
  makeDataFolder(dirname(file));
  const part = `${file}.part`;
  try {
    writeFileSync(part, text, { mode: 0o600, flush: true });
    renameSync(part, file);
    sync(dirname(file));
  } catch (error) {
    rmSync(part, { force: true });
    throw new Error(`CALLJOIN_DATA: ${file} cannot be written: ${(error as Error).message}`);
  }
}

function fileIn(folder: string): string {
  return join(folder, "admin-token");
}
