/** Compares a store's tables with the ones that this version needs, and brings them up to date. */
import { Kysely, type MigrationProvider, Migrator, sql } from "kysely";
import { unusable } from "../unavailable";
import type { Engine } from "./engine";
import { COLUMNS, migrations } from "./migrations";
import type { Tables } from "./tables";

export interface Schema {
  /**
   * The names of the steps that were taken. If there are none, the store is new. `pending` has the other steps that
   * this version knows.
   */
  done: string[];
  pending: string[];
}

export interface Upgrade {
  /** False if an older version may be using the store. A store that needs a step is then refused. */
  upgrade?: boolean;
  /** Hears of each step, and of the copy that was made before it. */
  tell?: (line: string) => void;
  /** The steps. Tests pass their own. */
  provider?: MigrationProvider | undefined;
}

/** Reads which steps a store has taken and which are pending. Throws if a newer version has changed the store. */
async function readSchema(
  db: Kysely<Tables>,
  engine: Engine,
  provider: MigrationProvider = migrations(engine),
): Promise<Schema> {
  const known = Object.keys(await provider.getMigrations()).sort();
  const done = await stepsTaken(db);
  const unknown = done.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw unusable(engine.place, new Error(newer(unknown)));
  return { done, pending: known.filter((name) => !done.includes(name)) };
}

/**
 * Reads the same from an engine that it opens and closes itself. If nothing is pending, it checks the columns, too. It
 * changes nothing.
 */
export async function inspect(engine: Engine, provider?: MigrationProvider): Promise<Schema> {
  const db = new Kysely<Tables>({ dialect: engine.dialect });
  try {
    const schema = await readSchema(db, engine, provider);
    if (schema.pending.length === 0) await checkColumns(db);
    return schema;
  } catch (error) {
    throw placed(engine, error);
  } finally {
    await db.destroy();
    await engine.close();
  }
}

/**
 * Brings a store's tables up to date: all steps or none. It copies the store first if the engine can. If it fails, it
 * throws an error that names the place.
 */
export async function bringUpToDate(db: Kysely<Tables>, engine: Engine, options: Upgrade = {}): Promise<void> {
  const { upgrade = true, tell = () => undefined, provider = migrations(engine) } = options;
  try {
    const { done, pending } = await readSchema(db, engine, provider);
    if (pending.length > 0 && done.length > 0) {
      if (!upgrade)
        throw new Error("it is of an older version; start the collector of this version once, and try again");
      const copy = engine.keepCopy(`before-${pending[0]}`);
      if (copy !== null) tell(`the store as it was is kept in ${copy}; delete it once this version has proved itself`);
    }
    // Several collectors may start at once: where rows can be locked, the migrator takes an advisory lock. The steps of
    // one version may be developed in parallel. A store that took only one of them still takes the others, whatever
    // their order.
    const migrator = new Migrator({ db, provider, allowUnorderedMigrations: true });
    const { error, results = [] } = await engine.unhurried(() => migrator.migrateToLatest());
    if (error) throw error;
    if (done.length > 0) for (const { migrationName } of results) tell(`the store was brought up to ${migrationName}`);
    await checkColumns(db);
  } catch (error) {
    throw placed(engine, error);
  }
}

/** Returns an error that names the engine's place. */
function placed({ place }: Engine, error: unknown): Error {
  return error instanceof Error && error.message.startsWith(place) ? error : unusable(place, error);
}

/** Throws if a table or a column is missing: the copy is incomplete, or somebody else has changed the tables. */
async function checkColumns(db: Kysely<Tables>): Promise<void> {
  for (const [table, columns] of Object.entries(COLUMNS)) {
    try {
      await sql.raw(`select ${columns.join(", ")} from ${table} where 1 = 0`).execute(db);
    } catch (error) {
      if (!isMissing(error)) throw error;
      throw new Error(
        `its tables are there only in part (${(error as Error).message}); restore a backup, or begin with an empty one`,
      );
    }
  }
}

async function stepsTaken(db: Kysely<Tables>): Promise<string[]> {
  try {
    const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
    return rows.map(({ name }) => name);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/**
 * True for PostgreSQL's "undefined table" and "undefined column". SQLite has no code of its own for either, so its
 * message tells.
 */
function isMissing(error: unknown): boolean {
  const { code = "", message } = error as Error & { code?: string };
  return /^42(P01|703)$/.test(code) || /^no such (table|column)/.test(message);
}

/** From 1.0.0 on, a step's name says which version brought it: `002_1.1.0_tokens`. */
function newer(unknown: string[]): string {
  const versions = unknown.flatMap((name) => /^\d+_(\d+\.\d+\.\d+)_/.exec(name)?.[1] ?? []);
  const which = versions.length > 0 ? `Calljoin ${versions.at(-1)} or newer` : "that version";
  return `a newer version of Calljoin has changed it (${unknown.join(", ")}); start ${which}, or restore a backup from before`;
}
