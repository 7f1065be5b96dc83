/**
 * Which errors mean that the database cannot be used now, but that a retry may well succeed. Also how they are reported
 * at the start.
 */

/**
 * Codes of the network; of the disk; of PostgreSQL (connection lost, out of resources, shutting down or starting up, a
 * standby); of SQLite (locked, full, failing, read-only).
 */
const CODES =
  /^(E(CONN|PIPE|TIMEDOUT|NOTFOUND|AI_AGAIN|HOSTUNREACH|NETUNREACH|NOSPC|DQUOT|ROFS|IO$)|08|53|57P0|25006$|SQLITE_(BUSY|FULL|IOERR|READONLY))/;

/** Messages of `pg`, without a code, for a connection that is lost or cannot be made. */
const MESSAGES =
  /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered)/;

/** True if a store's error is not the request's fault, so the client should ask again. */
export function isUnavailable(error: unknown): boolean {
  const { code, message } = (typeof error === "object" && error ? error : {}) as Record<string, unknown>;
  return (typeof code === "string" && CODES.test(code)) || (typeof message === "string" && MESSAGES.test(message));
}

/** Our own words for errors that stop the start, where the engine's or Kysely's words would not help. */
const WORDS: [RegExp, string][] = [
  [/^(.* already exists)$/, "its tables are there only in part ($1); restore a backup, or begin with an empty one"],
  [/^(.*(malformed|not a database).*)$/, "$1; it is damaged, or not a store of Calljoin's: restore a backup"],
];

/**
 * An error saying that a place (`Engine`) cannot be used, and why. Its `cause` holds what the engine said, as a plain
 * object, because better-sqlite3's own errors arrive empty from another thread.
 */
export function unusable(place: string, error: unknown): Error {
  const { message, code } = error as Error & { code?: string };
  const why = WORDS.reduce((text, [said, words]) => text.replace(said, words), message || code || String(error));
  return Object.assign(new Error(`${place} cannot be used: ${why}`, { cause: { message, code } }), { code });
}
