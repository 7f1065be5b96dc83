/** Ids as the contract's section 1 defines them. */

/** What the collector takes for a context_id, whoever minted it. */
export const CONTEXT_ID = /^[A-Za-z0-9._:-]{8,128}$/;

/** A context_id as the SDK mints it, alone or at the head of the cookie that carries it. */
export const MINTED = /^[0-9a-z]{11}-0[0-9a-z]{8}-[0-9a-z]{7}(?=$|\.)/;

/** Names of sites, vendors and webhooks: safe in a path and in a log line. */
export const SLUG = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Names of entities: `__proto__` would fit, and is refused so that no object can be reached through a name. */
export const ENTITY_NAME = /^(?!__proto__$)[A-Za-z_][A-Za-z0-9_]{0,63}$/;

/** Hexadecimal digits of a call's id. */
export const CALL_ID_LENGTH = 32;

const JUNK = new Set(["null", "undefined", "nan", "none", "anonymous", "guest", "unknown", "[object object]"]);

/** True for what integrations send when they have no id: placeholders, zeros alone, and anything outside the format. */
export function isJunk(id: string): boolean {
  return !CONTEXT_ID.test(id) || JUNK.has(id.toLowerCase()) || /^0+$/.test(id);
}
