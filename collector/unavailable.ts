/** Which errors say that the database cannot be worked with now, and that the same may well succeed later; and what they are told as at the start. */

/** Of the network; of the disk; of PostgreSQL: connection lost, out of resources, shut down or starting up, a standby; of SQLite: locked, full, failing, read-only. */
const CODES =
  /^(E(CONN|PIPE|TIMEDOUT|NOTFOUND|AI_AGAIN|HOSTUNREACH|NETUNREACH|NOSPC|DQUOT|ROFS|IO$)|08|53|57P0|25006$|SQLITE_(BUSY|FULL|IOERR|READONLY))/;

/** What `pg` says, without a code, of a connection that is lost or cannot be had. */
const MESSAGES =
  /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered)/;

/** True where a store's error is no fault of the request: who asked should ask again. */
export function isUnavailable(error: unknown): boolean {
  const { code, message } = (typeof error === "object" && error ? error : {}) as Record<string, unknown>;
  return (typeof code === "string" && CODES.test(code)) || (typeof message === "string" && MESSAGES.test(message));
}

/** What stops the start, in words of ours where the engine's or Kysely's would not help. */
const WORDS: [RegExp, string][] = [
  [/^(.* already exists)$/, "its tables are there only in part ($1); restore a backup, or begin with an empty one"],
  [/^(.*(malformed|not a database).*)$/, "$1; it is damaged, or not a store of Calljoin's: restore a backup"],
];

/**
 * The error that a place (`Engine`) cannot be used, and why. What the engine said is its `cause`, as a plain object: better-sqlite3's own errors
 * arrive empty from another thread.
 */
export function unusable(place: string, error: unknown): Error {
  const { message, code } = error as Error & { code?: string };
  const why = WORDS.reduce((text, [said, words]) => text.replace(said, words), message || code || String(error));
  return Object.assign(new Error(`${place} cannot be used: ${why}`, { cause: { message, code } }), { code });
}
