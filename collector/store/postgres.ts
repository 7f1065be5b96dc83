/** The engine for more than one collector: PostgreSQL. What it needs of the database is told in docs/scaling.md. */
import { createHash } from "node:crypto";
import { type Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient, sql } from "kysely";
import pg from "pg";
import { databasePlace, type Engine } from "./engine";
import type { Tables } from "./tables";

/** Connections of one collector: one writes, the others join, forward and read. */
const MAX_CONNECTIONS = 10;

/** No connection within this time: the database is down, and who waits is told so. */
const CONNECT_MS = 3_000;

/** A statement without an answer for this long has lost its connection, and does not know it yet. */
const ANSWER_MS = 60_000;

/**
 * Settings that the store relies on, whatever the database's own are. READ COMMITTED: a statement sees what was committed before it
 * began, which is what collector/README.md's reasoning is about. A commit must be on disk before it is acknowledged. And a collector
 * whose machine is gone gives its locks back.
 */
const SETTINGS = `select set_config('default_transaction_isolation', 'read committed', false),
  set_config('idle_in_transaction_session_timeout', '30s', false),
  case current_setting('synchronous_commit') when 'off' then set_config('synchronous_commit', 'on', false) end`;

/** Statements that a connection keeps prepared, and how many values one of them has at most. */
const MAX_PREPARED = 300;
const MAX_PREPARED_VALUES = 32;

/** "Cached plan must not change result type": a later version's migration has changed a table under a prepared statement. */
const CHANGED_TABLE = "0A000";

/** Advisory locks are numbers that the whole database shares: this one comes first in all of the store's. */
const LOCKS = 0x63_6a;

/** Opens a pool on a `postgres://` URL, of a database that is `sharded` or is not. Nothing is connected before the first statement. */
export function postgres(url: string, sharded = false): Engine {
  const config: pg.PoolConfig = {
    connectionString: url,
    application_name: "calljoin",
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    types: types(),
    onConnect: async (client: pg.ClientBase) => {
      await client.query(SETTINGS);
    },
  };
  const pool = new pg.Pool(config);
  // An idle connection that breaks is replaced by the pool. One that breaks in use fails its statement, and says so once more by an
  // event that would end the process if nobody listened.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => client.on("error", () => undefined));
  let answerMs: number | undefined = ANSWER_MS;
  const lead = leadership(config);
  return {
    name: "postgres",
    place: `DATABASE_URL: ${databasePlace(url)}`,
    dialect: new PostgresDialect({ pool: limited(pool, () => answerMs) }),
    clustered: false,
    // Bytewise order, as in SQLite and (for ASCII) in JavaScript, whatever the database's own collation is.
    text: 'text collate "C"',
    locksRows: true,
    sharded,
    keepCopy: () => null,
    async unhurried(work) {
      answerMs = undefined;
      try {
        return await work();
      } finally {
        answerMs = ANSWER_MS;
      }
    },
    shareSites: (tx, sites) => lock(tx, "pg_advisory_xact_lock_shared", sites),
    ownSite: (tx, site) => lock(tx, "pg_advisory_xact_lock", [site]),
    leads: lead.leads,
    // Serialization failure and deadlock: nothing was done, and the same may well succeed (PostgreSQL, "Serialization Failure Handling").
    passes: (error) =>
      error instanceof pg.DatabaseError && ["40001", "40P01", CHANGED_TABLE].includes(error.code ?? ""),
    // Vacuum is the database's own affair.
    compact: () => Promise.resolve(true),
    async bytes(db) {
      const { rows } = await sql<{ bytes: number }>`select pg_database_size(current_database()) as bytes`.execute(db);
      return rows[0]?.bytes ?? 0;
    },
    close: lead.end,
  };
}

/** Takes the sites' locks in one order for all, so that no two transactions wait for each other's. */
async function lock(tx: Kysely<Tables>, take: string, sites: string[]): Promise<void> {
  const keys = [...new Set(sites.map(keyOf))].sort((a, b) => a - b);
  if (keys.length === 0) return;
  const calls = keys.map((key) => sql`${sql.raw(take)}(${sql.lit(LOCKS)}, ${sql.lit(key)})`);
  await sql`select ${sql.join(calls)}`.execute(tx);
}

function keyOf(name: string): number {
  return createHash("sha256").update(name).digest().readInt32BE();
}

/** The pool as Kysely uses it, with a time limit. A connection that failed otherwise than by the database's word is not used again. */
function limited(pool: pg.Pool, answerMs: () => number | undefined): PostgresPool {
  const names = statementNames();
  return {
    end: () => pool.end(),
    async connect() {
      const client = await pool.connect();
      let broken = false;
      const query = async (text: string, values: readonly unknown[]) => {
        try {
          // `query_timeout` is one query's own here, which the driver's types do not know.
          const query = { name: names(text, values), text, values: values.map(escaped), query_timeout: answerMs() };
          return await client.query(query as pg.QueryConfig);
        } catch (error) {
          broken ||= !(error instanceof pg.DatabaseError) || error.code === CHANGED_TABLE;
          throw error;
        }
      };
      // Kysely also knows queries by cursor, which are not used here.
      return { query: query as unknown as PostgresPoolClient["query"], release: () => client.release(broken) };
    },
  };
}

/** Names under which a connection keeps statements prepared; none for those that are hardly ever the same, such as inserts of many rows. */
function statementNames(): (text: string, values: readonly unknown[]) => string | undefined {
  const names = new Map<string, string>();
  return (text, values) => {
    if (values.length > MAX_PREPARED_VALUES) return undefined;
    const known = names.get(text);
    if (known || names.size === MAX_PREPARED) return known;
    const name = `s${names.size}`;
    names.set(text, name);
    return name;
  };
}

// PostgreSQL keeps no NUL in a text, which any string of a vendor or a page may hold: it is escaped by a code point that is no character.
const ESCAPE = "\uFDD0";

function escaped(value: unknown): unknown {
  if (typeof value !== "string" || !/[\0\uFDD0]/.test(value)) return value;
  return value.replace(/[\0\uFDD0]/g, (found) => ESCAPE + (found === "\0" ? "0" : "1"));
}

function unescaped(text: string): string {
  if (!text.includes(ESCAPE)) return text;
  return text.replace(/\uFDD0([01])/g, (_found, which) => (which === "0" ? "\0" : ESCAPE));
}

/** Types of this pool alone. Counts and times are bigint, and all of them below 2^53. */
function types(): pg.TypeOverrides {
  const own = new pg.TypeOverrides();
  own.setTypeParser(pg.types.builtins.INT8, Number);
  own.setTypeParser(pg.types.builtins.NUMERIC, Number);
  own.setTypeParser(pg.types.builtins.TEXT, unescaped);
  return own;
}

/** One process of all on this database leads, as long as its connection holds an advisory lock; the server gives it on when it breaks. */
function leadership(config: pg.ClientConfig): { leads(): Promise<boolean>; end(): Promise<void> } {
  let client: pg.Client | null = null;
  let holds = false;

  async function connected(): Promise<pg.Client> {
    if (client) return client;
    const next = new pg.Client({ ...config, query_timeout: CONNECT_MS });
    const lost = () => {
      if (client === next) client = null;
      holds = false;
    };
    next.on("error", lost).on("end", lost);
    await next.connect();
    client = next;
    return next;
  }

  return {
    async leads() {
      const own = await connected();
      try {
        if (holds) await own.query("select 1");
        else {
          const { rows } = await own.query("select pg_try_advisory_lock($1, 0) as taken", [LOCKS]);
          holds = rows[0]?.taken === true;
        }
        return holds;
      } catch (error) {
        await own.end().catch(() => undefined);
        throw error;
      }
    },
    async end() {
      await client?.end();
    },
  };
}
