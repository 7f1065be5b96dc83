/** Ids, as section 1 of the contract defines them. */

/** What the collector accepts as a context_id, whoever minted it. */
export const CONTEXT_ID = /^[A-Za-z0-9._:-]{8,128}$/;

/** The form of a context_id that the SDK mints, wherever it occurs. */
export const MINTED_FORM = "[0-9a-z]{11}-0[0-9a-z]{8}-[0-9a-z]{7}";

/**
 * A context_id as the SDK mints it, wherever it occurs: alone, at the start of the cookie that carries it, or after
 * `%22` in a URL.
 */
export const MINTED = new RegExp(`(?:(?<![0-9a-z-])|(?<=%[0-9a-f]{2}))${MINTED_FORM}(?![0-9a-z-])`);

/**
 * The cookie that carries a minted id begins with it. A point follows, and then whatever else the SDK keeps (contract
 * 3).
 */
export const MINTED_COOKIE = new RegExp(`^(${MINTED_FORM})\\.`);

/** Names of sites, vendors and webhooks. They are safe in a path and in a log line. */
export const SLUG = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
export const SLUG_WORDS = "1–64 letters, digits, . _ -, beginning with a letter or digit";

/** Names of entities. `__proto__` would fit, but is refused, so that no object can be reached through a name. */
export const ENTITY_NAME = /^(?!__proto__$)[A-Za-z_][A-Za-z0-9_]{0,63}$/;

/** How many hexadecimal digits a call's id has. */
export const CALL_ID_LENGTH = 32;

const JUNK = new Set(["null", "undefined", "nan", "none", "anonymous", "guest", "unknown", "[object object]"]);

/** True for what integrations send when they have no id: placeholders, or nothing but zeros. */
export function isPlaceholder(id: string): boolean {
  return JUNK.has(id.toLowerCase()) || /^0*$/.test(id);
}

/** True for a placeholder, and for anything else that cannot be a context_id. */
export function isJunk(id: string): boolean {
  return !CONTEXT_ID.test(id) || isPlaceholder(id);
}
