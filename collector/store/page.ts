/**
 * Short forms of what a snapshot says, kept beside it, so that a join can look through many views without reading their
 * snapshots.
 */
import { sha256 } from "../hash";

/** Hexadecimal digits of a page's hash: 96 bits, so that no two pages of a site share a hash by chance. */
const PAGE_LENGTH = 24;

/**
 * The hash of what two URLs of the same page have in common (contract 6.3): scheme, host, path and query, as WHATWG
 * reads them. Null if the URL does not parse.
 */
export function pageOf(url: string): string | null {
  if (!URL.canParse(url)) return null;
  const { protocol, host, pathname, search } = new URL(url);
  return sha256(`${protocol}//${host}${pathname}${search}`).slice(0, PAGE_LENGTH);
}

/** As many bits as fit a number that every engine can combine. */
const BITS = 31;

/**
 * Names as a set of bits. Two names may share a bit. A missing bit says that the name was never reported; a bit that is
 * set proves nothing.
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
