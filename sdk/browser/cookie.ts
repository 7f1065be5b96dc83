import Cookies from "js-cookie";
import { random } from "./random";

const DAYS = 395; // browsers keep none for longer than 400

/** The cookies of the widest domain that takes them, the same for all subdomains of a shop. */
export interface Jar {
  /** The domain, or undefined where only a host cookie is possible (localhost, an IP address). */
  _domain: string | undefined;
  _read(name: string): string | undefined;
  _try(): void;
  _write(name: string, value: string): void;
  _remove(name: string): void;
}

const accepts = (domain: string): boolean => {
  const name = `calljoin_${random(7)}`;
  Cookies.set(name, "1", { domain, expires: 1e-4 });
  const held = Cookies.get(name);
  Cookies.remove(name, { domain });
  return !!held;
};

/** The domains that a host may set cookies for, from the last two labels outward; undefined is the host alone. */
const candidates = (host: string): (string | undefined)[] => {
  const labels = host.split(".");
  const found: (string | undefined)[] = [];
  // A last label of digits is an IPv4 address (URL standard, "ends in a number"); localhost and [::1] have one label only.
  for (let i = /\.\d+$/.test(host) ? 0 : labels.length - 1; i-- > 0; ) found.push(labels.slice(i).join("."));
  return [...found, undefined];
};

/** Tries no cookie before the first is written. Throws in a document that may have no cookies at all. */
export const createJar = (): Jar => {
  const domains = candidates(location.hostname);
  let isTried = false;

  const values = (name: string) =>
    document.cookie
      .split("; ")
      .filter((pair) => pair.startsWith(`${name}=`))
      .map((pair) => pair.slice(name.length + 1));
  const remove = (name: string, from: (string | undefined)[]) => {
    for (const domain of from) Cookies.remove(name, { domain });
  };

  const jar: Jar = {
    _domain: undefined,
    _read(name) {
      const found = values(name);
      // A host cookie and a domain cookie of one name: which comes first is the browser's business. Ours is the widest.
      if (found[1]) {
        jar._try();
        remove(name, domains.slice(domains.indexOf(jar._domain) + 1));
      }
      return values(name)[0] || found[0];
    },
    _try() {
      if (!isTried) jar._domain = domains.find((domain) => !domain || accepts(domain));
      isTried = true;
    },
    _write(name, value) {
      jar._try();
      Cookies.set(name, value, {
        domain: jar._domain,
        expires: DAYS,
        sameSite: "Lax",
        secure: location.protocol === "https:",
      });
    },
    _remove(name) {
      remove(name, domains);
    },
  };
  values("");
  return jar;
};
