/** What happens after an attempt (contract 9). */

const S = 1_000;
const MIN = 60 * S;
const H = 60 * MIN;

/**
 * The delay after the first failure, after the second, and so on. After the last one, the delivery is a dead letter.
 */
const DELAYS = [5 * S, 5 * MIN, 30 * MIN, 2 * H, 5 * H, 10 * H, 14 * H, 20 * H, 24 * H];

/** A receiver that comes back must not get all deliveries at once. */
const JITTER = 0.2;

/** The longest wait. A receiver may ask for more time, but we try again after this. */
const MAX_RETRY_AFTER = 24 * H;

export type Next = { state: "delivered" | "dead"; at: null } | { state: "pending"; at: number };

/**
 * The state after an attempt. `status` is null if there was no answer. `failures` counts the failures before this
 * attempt. `now` is in ms, `random` from 0 to 1.
 */
export function next(
  { status, retryAfter }: { status: number | null; retryAfter: string | null },
  failures: number,
  now: number,
  random: number,
): Next {
  if (status !== null && status >= 200 && status < 300) return { state: "delivered", at: null };
  const delay = DELAYS[failures];
  if (status === 410 || delay === undefined) return { state: "dead", at: null };
  const spread = Math.round(delay * (1 - JITTER + 2 * JITTER * random));
  return { state: "pending", at: now + Math.max(spread, waitAsked(retryAfter, now)) };
}

/**
 * `Retry-After`, in seconds or as an HTTP date (RFC 9110, 10.2.3), converted to ms. 0 if it is missing or unreadable.
 */
function waitAsked(retryAfter: string | null, now: number): number {
  if (retryAfter === null) return 0;
  const wait = /^\d{1,9}$/.test(retryAfter) ? Number(retryAfter) * S : Date.parse(retryAfter) - now;
  return Number.isNaN(wait) ? 0 : Math.min(Math.max(wait, 0), MAX_RETRY_AFTER);
}
