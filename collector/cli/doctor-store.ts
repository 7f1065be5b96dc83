/**
 * The doctor on the store: whether it can be reached and written, is intact, has room, and whether the clock is right.
 */
import { accessSync, constants, existsSync, readdirSync, statfsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import pg from "pg";
import { chosenEngine } from "../choose";
import type { Config } from "../config";
import { isFolder, tryDataFolder } from "../folder";
import { databasePlace } from "../store/engine";
import { inspect, type Schema } from "../store/schema";
import { sqlite } from "../store/sqlite";
import { contents, openStoreFile } from "./backup";
import { type Finding, failed, ok, warning } from "./finding";

const MB = 1_000_000;
const DAY_MS = 86_400_000;

/** Below the first limit, the store will soon stop. Below the second, somebody should know. */
const LITTLE_MB = 100;
const ENOUGH_MB = 1_000;

/**
 * If the clocks of several collectors, or of a collector and its database, are further apart than this, joins may
 * differ (contract 6, "Clocks").
 */
const CLOCK_MS = 10_000;

export async function* checkSqlite(folder: string, clock: () => number): AsyncGenerator<Finding> {
  const path = join(folder, "calljoin.db");
  const cannot = whyNotWritable(folder);
  if (cannot !== null) {
    const todo = "run the doctor as the collector's user, or give that user the folder (chown)";
    yield failed("store", cannot, todo);
    return;
  }
  yield room(folder, existsSync(path) ? statSync(path).size / MB : 0);
  if (!existsSync(path)) {
    yield ok("store", `none in ${folder} yet; calljoin serve creates it`);
    return;
  }
  try {
    // These copies, known by their names, still contain the visitors erased since.
    for (const name of copiesIn(folder, clock())) {
      const what = `${join(folder, name)} is an old copy; it still holds visitors erased since`;
      yield warning("store", what, "delete it when you no longer need it");
    }
    const file = openStoreFile(path);
    try {
      const [page] = file.pragma("quick_check(1)") as { quick_check: string }[];
      if (page?.quick_check !== "ok") throw new Error(`${path} is damaged: ${page?.quick_check.split("\n").join(" ")}`);
      yield ok("store", `${path}, ${contents(file)}`);
      const newest = file.prepare("select max(received_at) from call_events").pluck().get();
      yield clockAgainst(Number(newest ?? 0), clock());
    } finally {
      file.close();
    }
    yield schema(await inspect(sqlite(folder)));
  } catch (error) {
    const todo = "stop the collector and restore a backup: calljoin restore FILE";
    yield failed("store", (error as Error).message, todo);
  }
}

export async function* checkPostgres(config: Config, url: string, clock: () => number): AsyncGenerator<Finding> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000, query_timeout: 10_000 });
  client.on("error", () => undefined);
  try {
    await client.connect();
    const { rows } =
      await client.query(`select current_setting('server_version') as version, current_setting('fsync') as fsync,
      pg_is_in_recovery() as standby, pg_encoding_to_char(encoding) as encoding, pg_database_size(datname)::float8 / 1e6 as mb,
      extract(epoch from clock_timestamp())::float8 * 1000 as now from pg_database where datname = current_database()`);
    const { version, fsync, standby, encoding, mb, now } = rows[0];
    const wrong: [boolean, string, string][] = [
      [standby, "the database is a read-only standby", "set DATABASE_URL to the primary"],
      [fsync !== "on", "fsync is off: a crash loses acknowledged data", "set fsync = on in postgresql.conf"],
      [encoding !== "UTF8", `the database's encoding is ${encoding}`, "create the database with encoding UTF8"],
    ];
    const [found] = wrong.filter(([is]) => is);
    yield found
      ? failed("store", `DATABASE_URL: ${found[1]}`, found[2])
      : ok("store", `PostgreSQL ${version} at ${databasePlace(url)}, ${Math.round(mb)} MB`);
    yield clockBeside(Number(now), clock());
    yield schema(await inspect(chosenEngine(config)));
  } catch (error) {
    const { message, code } = error as Error & { code?: string };
    const todo = "check that the database runs, and that the URL's user may use it and create tables";
    yield failed("store", `DATABASE_URL: ${databasePlace(url)}: ${message || code}`, todo);
  } finally {
    await client.end().catch(() => undefined);
  }
}

function schema({ done, pending }: Schema): Finding {
  const last = done.at(-1);
  if (last === undefined) return ok("schema", "no tables yet; calljoin serve creates them");
  if (pending.length === 0) return ok("schema", `up to date (${last})`);
  const what = `at ${last}; this version needs ${pending.join(", ")}`;
  return warning("schema", what, "calljoin serve upgrades it when it starts; make a backup first");
}

function room(folder: string, storeMb: number): Finding {
  const place = existsSync(folder) ? folder : nearest(folder);
  const { bavail, bsize } = statfsSync(place);
  const free = (bavail * bsize) / MB;
  const what = `${Math.round(free)} MB free on the disk of ${folder}`;
  if (free < LITTLE_MB) return failed("disk", what, "free some space: with a full disk, the collector answers 503");
  if (free > Math.max(ENOUGH_MB, storeMb * 1.1)) return ok("disk", what);
  const todo = `free some space: an upgrade first copies the store (${Math.round(storeMb)} MB), and the store grows`;
  return warning("disk", what, todo);
}

/** Everything in the store must have arrived before now. */
function clockAgainst(newest: number, now: number): Finding {
  const ahead = newest - now;
  if (ahead <= CLOCK_MS) return ok("clock", `${new Date(now).toISOString()}, later than everything in the store`);
  const what = `it says ${new Date(now).toISOString()}, but the store has calls from ${Math.round(ahead / 1_000)} s later`;
  return failed("clock", what, "set the clock, and keep it right with NTP");
}

function clockBeside(theirs: number, now: number): Finding {
  const ms = Math.abs(theirs - now);
  if (ms <= CLOCK_MS) return ok("clock", `within ${Math.ceil(ms / 1_000)} s of the database's clock`);
  return failed("clock", `${Math.round(ms / 1_000)} s off the database's clock`, "set both with NTP");
}

function copiesIn(folder: string, now: number): string[] {
  const isCopy = (name: string) => /^calljoin-(before|replaced)-.*\.db$/.test(name);
  return readdirSync(folder).filter((name) => isCopy(name) && now - statSync(join(folder, name)).mtimeMs > 7 * DAY_MS);
}

/**
 * Why this user cannot write there, or null if they can. A missing folder is made and removed again, because nothing
 * else would tell whether it can be made.
 */
function whyNotWritable(folder: string): string | null {
  try {
    tryDataFolder(folder);
    // There is no folder yet, but it can be made.
    if (!existsSync(folder)) return null;
  } catch (error) {
    return (error as Error).message;
  }
  try {
    if (!isFolder(folder)) return `CALLJOIN_DATA: ${folder} is not a folder`;
    accessSync(folder, constants.W_OK | constants.X_OK);
    const path = join(folder, "calljoin.db");
    if (existsSync(path)) accessSync(path, constants.R_OK | constants.W_OK);
    return null;
  } catch (error) {
    return `CALLJOIN_DATA: user ${process.getuid?.()} cannot write there: ${(error as Error).message}`;
  }
}

function nearest(folder: string): string {
  let place = resolve(folder);
  while (!existsSync(place) && dirname(place) !== place) place = dirname(place);
  return place;
}
