/** The engine for more than one collector: PostgreSQL. docs/scaling.md says what it needs of the database. */
import { createHash } from "node:crypto";
import { type Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient, sql } from "kysely";
import pg from "pg";
import { databasePlace, type Engine } from "./engine";
import type { Tables } from "./tables";

/** The connections of one collector: one writes, the others join, forward and read. */
const MAX_CONNECTIONS = 10;

/** If there is no connection within this time, the database is down, and those who wait are told so. */
const CONNECT_MS = 3_000;

/** If a statement has no answer after this long, its connection is lost and has not noticed. */
const ANSWER_MS = 60_000;

/**
 * Settings that the store relies on, whatever the database's own settings are. READ COMMITTED: a statement sees what
 * was committed before it began; the reasoning in collector/README.md builds on this. A commit must be on disk before
 * it is acknowledged. And a collector whose machine is gone must give its locks back.
 */
const SETTINGS = `select set_config('default_transaction_isolation', 'read committed', false),
  set_config('idle_in_transaction_session_timeout', '30s', false),
  case current_setting('synchronous_commit') when 'off' then set_config('synchronous_commit', 'on', false) end`;

/** How many statements a connection keeps prepared, and how many values each of them may have. */
const MAX_PREPARED = 300;
const MAX_PREPARED_VALUES = 32;

/**
 * "Cached plan must not change result type": a later version's migration has changed a table that a prepared statement
 * uses.
 */
const CHANGED_TABLE = "0A000";

/**
 * Advisory locks are numbers that everybody on the database shares. All of the store's locks begin with this number.
 */
const LOCKS = 0x63_6a;

/**
 * Opens a pool on a `postgres://` URL. `sharded` says whether the database is. Nothing connects before the first
 * statement.
 */
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
  // The pool replaces an idle connection that breaks. One that breaks in use fails its statement. It also emits an
  // event, which would end the process if nobody listened.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => client.on("error", () => undefined));
  let answerMs: number | undefined = ANSWER_MS;
  const lead = leadership(config);
  return {
    name: "postgres",
    place: `DATABASE_URL: ${databasePlace(url)}`,
    dialect: new PostgresDialect({ pool: limited(pool, () => answerMs) }),
    clustered: false,
    // Order by bytes, as in SQLite and (for ASCII) in JavaScript, whatever the database's own collation is.
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
    // Serialization failure and deadlock: nothing was done, and the same transaction may well succeed (PostgreSQL,
    // "Serialization Failure Handling").
    passes: (error) =>
      error instanceof pg.DatabaseError && ["40001", "40P01", CHANGED_TABLE].includes(error.code ?? ""),
    // Vacuuming is the database's job.
    compact: () => Promise.resolve(true),
    async bytes(db) {
      const { rows } = await sql<{ bytes: number }>`select pg_database_size(current_database()) as bytes`.execute(db);
      return rows[0]?.bytes ?? 0;
    },
    close: lead.end,
  };
}

/** Takes the sites' locks in the same order everywhere, so that no two transactions wait for each other. */
async function lock(tx: Kysely<Tables>, take: string, sites: string[]): Promise<void> {
  const keys = [...new Set(sites.map(keyOf))].sort((a, b) => a - b);
  if (keys.length === 0) return;
  const calls = keys.map((key) => sql`${sql.raw(take)}(${sql.lit(LOCKS)}, ${sql.lit(key)})`);
  await sql`select ${sql.join(calls)}`.execute(tx);
}

function keyOf(name: string): number {
  return createHash("sha256").update(name).digest().readInt32BE();
}

/**
 * The pool as Kysely uses it, with a time limit. A connection is not used again after an error that the database itself
 * did not report.
 */
function limited(pool: pg.Pool, answerMs: () => number | undefined): PostgresPool {
  const names = statementNames();
  return {
    end: () => pool.end(),
    async connect() {
      const client = await pool.connect();
      let broken = false;
      const query = async (text: string, values: readonly unknown[]) => {
        try {
          // Here `query_timeout` applies to one query. The driver accepts that, but its types do not.
          const query = { name: names(text, values), text, values: values.map(escaped), query_timeout: answerMs() };
          return await client.query(query as pg.QueryConfig);
        } catch (error) {
          broken ||= !(error instanceof pg.DatabaseError) || error.code === CHANGED_TABLE;
          throw error;
        }
      };
      // Kysely also has queries by cursor, which nobody uses here.
      return { query: query as unknown as PostgresPoolClient["query"], release: () => client.release(broken) };
    },
  };
}

/**
 * Names under which a connection keeps statements prepared. Statements that are hardly ever the same, such as inserts
 * of many rows, get none.
 */
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

// PostgreSQL cannot store NUL in a text, but any string of a vendor or a page may contain it. So NUL is escaped with a
// code point that is no character.
const ESCAPE = "\uFDD0";

function escaped(value: unknown): unknown {
  if (typeof value !== "string" || !/[\0\uFDD0]/.test(value)) return value;
  return value.replace(/[\0\uFDD0]/g, (found) => ESCAPE + (found === "\0" ? "0" : "1"));
}

function unescaped(text: string): string {
  if (!text.includes(ESCAPE)) return text;
  return text.replace(/\uFDD0([01])/g, (_found, which) => (which === "0" ? "\0" : ESCAPE));
}

/** Types for this pool alone. Counts and times are bigint, and all of them are below 2^53. */
function types(): pg.TypeOverrides {
  const own = new pg.TypeOverrides();
  own.setTypeParser(pg.types.builtins.INT8, Number);
  own.setTypeParser(pg.types.builtins.NUMERIC, Number);
  own.setTypeParser(pg.types.builtins.TEXT, unescaped);
  return own;
}

/**
 * Among all processes on this database, one leads as long as its connection holds an advisory lock. If the connection
 * breaks, the server gives the lock to another process.
 */
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
