/** Which errors say that the database cannot be worked with now, and that the same may well succeed later. */

/** Of the network; of PostgreSQL: connection lost, out of resources, shut down or starting up, a standby; of SQLite: locked, full, failing, read-only. */
const CODES =
  /^(E(CONN|PIPE|TIMEDOUT|NOTFOUND|AI_AGAIN|HOSTUNREACH|NETUNREACH)|08|53|57P0|25006$|SQLITE_(BUSY|FULL|IOERR|READONLY))/;

/** What `pg` says, without a code, of a connection that is lost or cannot be had. */
const MESSAGES =
  /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered)/;

/** True where a store's error is no fault of the request: who asked should ask again. */
export function isUnavailable(error: unknown): boolean {
  const { code, message } = (typeof error === "object" && error ? error : {}) as Record<string, unknown>;
  return (typeof code === "string" && CODES.test(code)) || (typeof message === "string" && MESSAGES.test(message));
}
