import Cookies from "js-cookie";
import { random } from "./random";

const DAYS = 395; // browsers keep none for longer than 400

/** The domains that may be ours, from the last two labels outward; none for an IPv4 address, which "ends in a number" (URL standard). */
const candidates = (): string[] => {
  const { hostname } = location;
  const labels = hostname.split(".");
  return /\.\d+$/.test(hostname) ? [] : labels.map((_, i) => labels.slice(-i - 1).join(".")).slice(1);
};

/** Null until it has been tried. */
let chosen: string | undefined | null = null;

const isAccepted = (domain: string): boolean => {
  const name = `calljoin_${random(7)}`;
  Cookies.set(name, "1", { domain, expires: 1e-4 });
  const isHeld = document.cookie.includes(name);
  Cookies.remove(name, { domain });
  return isHeld;
};

/** The widest domain that takes cookies, found by trial when first asked for; undefined where there is none but the host. */
export const cookieDomain = (): string | undefined => {
  if (chosen === null) chosen = candidates().find(isAccepted);
  return chosen;
};

/** Removes a cookie wherever it may be, but from `kept`, a domain, or undefined for the host alone. */
export const removeCookie = (name: string, kept: string | undefined | null): void => {
  for (const domain of [...candidates(), undefined]) if (domain !== kept) Cookies.remove(name, { domain });
};

/** Throws, as all of these, in a document that may have no cookies at all (a sandboxed frame). */
export const readCookie = (name: string): string | undefined => {
  // A host cookie and a domain cookie of one name: which comes first is the browser's business. Ours is the widest.
  if (document.cookie.split(`${name}=`)[2]) removeCookie(name, cookieDomain());
  return Cookies.get(name);
};

export const writeCookie = (name: string, value: string): void => {
  Cookies.set(name, value, {
    domain: cookieDomain(),
    expires: DAYS,
    sameSite: "Lax",
    secure: location.protocol === "https:",
  });
};
