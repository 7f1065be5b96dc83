/** The operator's token: the configured one, or the one made at the first start and kept in the data folder. */
import { randomBytes } from "node:crypto";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Config, secret } from "./config";
import { makeDataFolder } from "./folder";
import { sync } from "./store/sqlite-file";

/**
 * Returns the token. A new one is printed, only this once. Throws an error that names the file if the file holds no
 * valid token, or if a token cannot be kept there.
 */
export function adminToken({ adminToken: configured, dataFolder }: Config): string {
  const known = configured ?? keptToken(dataFolder);
  if (known !== undefined) return known;
  const file = fileIn(dataFolder);
  const token = `cja_${randomBytes(32).toString("base64url")}`;
  keep(file, `${token}\n`);
  process.stdout.write(`The admin token, kept in ${file} and not shown again: ${token}\n`);
  return token;
}

/**
 * The token in the data folder, or undefined if there is none yet. The file may be cut off, so this throws if the token
 * is short enough to guess.
 */
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

/**
 * Writes the file so that it appears under its name only when it is whole and on disk. A full disk or a power cut
 * leaves no file.
 */
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
