import { cookies, hostname, isSecure, setCookie } from "./page";

const MONTHS_13 = 395 * 24 * 3600; // browsers keep none for longer than 400 days

/** The domains that may be ours, the widest first, and the host alone, which is all for an IPv4 address ("ends in a number", URL standard). */
const candidates = (): string[] => {
  const labels = hostname().split(".");
  const domains = labels.map((_, i) => labels.slice(-i - 1).join("."));
  return [...(/\.\d+$/.test(hostname()) ? [] : domains.slice(1)), ""];
};

/** Our values are of cookie-octets (RFC 6265, 4.1.1) and need no encoding. */
const set = (name: string, value: string, domain: string, seconds: number): void =>
  setCookie(
    `${name}=${value};path=/;max-age=${seconds};samesite=lax${domain && `;domain=${domain}`}${isSecure() ? ";secure" : ""}`,
  );

/** The widest domain that takes cookies, "" where there is none but the host; undefined where none was kept. */
export let cookieDomain: string | undefined;

/** Removes a cookie wherever it may be. */
export const removeCookie = (name: string): void => {
  for (const domain of candidates()) set(name, "", domain, 0);
};

/** Throws, as all of these, in a document that may have no cookies at all (a sandboxed frame). */
export const readCookie = (name: string): string | undefined => {
  const found = () => `; ${cookies()}`.split(`; ${name}=`);
  // A host cookie and a domain cookie of one name: which comes first is the browser's business. Ours is the widest.
  for (const domain of candidates().reverse()) if (found()[2]) set(name, "", domain, 0);
  return found()[1]?.split(";")[0];
};

/** Writes a cookie at the widest domain that keeps it (no public suffix does). */
export const writeCookie = (name: string, value: string): void => {
  const domains = cookieDomain === undefined ? candidates() : [cookieDomain];
  for (cookieDomain of domains) {
    set(name, value, cookieDomain, MONTHS_13);
    if (readCookie(name) === value) return;
  }
  cookieDomain = undefined;
};
