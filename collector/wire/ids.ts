/** Ids as the contract's section 1 defines them. */

/** What the collector takes for a context_id, whoever minted it. */
export const CONTEXT_ID = /^[A-Za-z0-9._:-]{8,128}$/;

/** The context_id's own form, wherever it stands. */
export const MINTED_FORM = "[0-9a-z]{11}-0[0-9a-z]{8}-[0-9a-z]{7}";

/** A context_id as the SDK mints it, wherever it stands: alone, at the head of the cookie that carries it, after `%22` in a URL. */
export const MINTED = new RegExp(`(?:(?<![0-9a-z-])|(?<=%[0-9a-f]{2}))${MINTED_FORM}(?![0-9a-z-])`);

/** The cookie that carries a minted id begins with it; a point and what else the SDK keeps follow (contract 3). */
export const MINTED_COOKIE = new RegExp(`^(${MINTED_FORM})\\.`);

/** Names of sites, vendors and webhooks: safe in a path and in a log line. */
export const SLUG = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
export const SLUG_WORDS = "1–64 letters, digits, . _ -, beginning with a letter or digit";

/** Names of entities: `__proto__` would fit, and is refused so that no object can be reached through a name. */
export const ENTITY_NAME = /^(?!__proto__$)[A-Za-z_][A-Za-z0-9_]{0,63}$/;

/** Hexadecimal digits of a call's id. */
export const CALL_ID_LENGTH = 32;

const JUNK = new Set(["null", "undefined", "nan", "none", "anonymous", "guest", "unknown", "[object object]"]);

/** True for what integrations send when they have no id: placeholders, and zeros alone. */
export function isPlaceholder(id: string): boolean {
  return JUNK.has(id.toLowerCase()) || /^0*$/.test(id);
}

/** True for a placeholder, and for anything outside the format. */
export function isJunk(id: string): boolean {
  return !CONTEXT_ID.test(id) || isPlaceholder(id);
}
