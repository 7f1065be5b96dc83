/** What of a snapshot is kept beside it in short, so that many views can be looked through without reading them. */
import { sha256 } from "../hash";

/** Hexadecimal digits of a page's hash: no two pages of a site share 96 bits by chance. */
const PAGE_LENGTH = 24;

/**
 * The hash of what two URLs have in common that are of one page (contract 6.3): scheme, host, path and query, as WHATWG reads them.
 * Null for what does not parse.
 */
export function pageOf(url: string): string | null {
  if (!URL.canParse(url)) return null;
  const { protocol, host, pathname, search } = new URL(url);
  return sha256(`${protocol}//${host}${pathname}${search}`).slice(0, PAGE_LENGTH);
}

/** So many bits fit a number that every engine can combine. */
const BITS = 31;

/**
 * Names as a set of bits. Two names may share one: a bit that is missing says that a name was never said, one that is there says nothing.
 */
export function nameBits(names: string[]): number {
  return names.reduce((bits, name) => bits | (1 << (sum(name) % BITS)), 0);
}

/** FNV-1a, 32 bits (http://www.isthe.com/chongo/tech/comp/fnv/). */
function sum(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
