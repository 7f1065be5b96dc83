/**
 * `calljoin migrate`: upgrades a store to this version, or lists what that would change, or copies the store to
 * PostgreSQL.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { MigrationProvider } from "kysely";
import { chosenEngine, chosenStore } from "../choose";
import { type Config, readConfig, whyNoPostgres } from "../config";
import { inspect } from "../store/schema";
import { copyStore, openAlone } from "./copy";

export interface MigrateOptions {
  /** Copy to this PostgreSQL database. */
  to: string | undefined;
  onlyTell: boolean;
  /** The migration steps. Tests pass their own. */
  provider?: MigrationProvider;
}

/** Yields lines that say what is done. Throws if it cannot be done. */
export async function* runMigrate(
  env: Record<string, string | undefined>,
  asked: MigrateOptions,
): AsyncGenerator<string> {
  if (asked.to === undefined) return yield* upgrade(readConfig(env), asked);
  const why = whyNoPostgres(asked.to);
  if (why !== null) throw new Error(`--to ${why}`);
  const { dataFolder } = readConfig({ CALLJOIN_DATA: env.CALLJOIN_DATA });
  yield* copyStore(dataFolder, asked.to);
}

async function* upgrade(config: Config, { onlyTell, provider }: MigrateOptions): AsyncGenerator<string> {
  const { databaseUrl, dataFolder } = config;
  if (databaseUrl === undefined && !existsSync(join(dataFolder, "calljoin.db"))) {
    return yield `there is no store in ${dataFolder} yet; calljoin serve creates one`;
  }
  const engine = onlyTell || databaseUrl !== undefined ? chosenEngine(config) : openAlone(dataFolder);
  const { place } = engine;
  const { done, pending } = await inspect(engine, provider);
  const last = done.at(-1);
  if (pending.length === 0) return yield `${place} is up to date (${last}); nothing to do`;
  yield `${place} is ${last === undefined ? "empty" : `at ${last}`}; ${onlyTell ? "pending" : "now"}: ${pending.join(", ")}`;
  if (onlyTell && last === undefined) return;
  if (onlyTell && databaseUrl === undefined)
    return yield "calljoin serve applies these when it starts, and first makes a copy of the store";
  if (onlyTell) return yield "the first collector of this version to start applies these; back up with pg_dump first";
  const notes: string[] = [];
  const store = await chosenStore(config, { provider, tell: (note) => notes.push(note) });
  await store.close();
  yield* notes;
}
