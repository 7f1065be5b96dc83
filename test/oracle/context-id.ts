const JUNK_WORDS = ["null", "undefined", "nan", "none", "anonymous", "guest", "unknown", "[object object]"];

/**
 * Contract 1: "The collector takes any 8–128 characters of `[A-Za-z0-9._:-]` for one. Junk, whatever its case: what is outside that
 * format, `null`, `undefined`, `nan`, `none`, `anonymous`, `guest`, `unknown`, `[object object]`, and zeros alone".
 * Contract 5: "An id with a vendor's offline prefix is never junk."
 */
export function isJunk(id: string, offlinePrefixes: string[]): boolean {
  if (hasOfflinePrefix(id, offlinePrefixes)) return false;
  return !/^[A-Za-z0-9._:-]{8,128}$/.test(id) || JUNK_WORDS.includes(id.toLowerCase()) || /^0+$/.test(id);
}

export function hasOfflinePrefix(id: string, offlinePrefixes: string[]): boolean {
  return offlinePrefixes.some((prefix) => id.startsWith(prefix));
}
