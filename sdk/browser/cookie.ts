import Cookies from "js-cookie";
import { random } from "./random";

const DAYS = 395; // browsers keep none for longer than 400

/** The cookies of the widest domain that takes them, the same for all subdomains of a shop. */
export interface Jar {
  /** That domain, found by trial; undefined where only a host cookie is possible (localhost, an IP address). */
  _domain(): string | undefined;
  _read(name: string): string | undefined;
  _write(name: string, value: string): void;
  _remove(name: string): void;
}

const isAccepted = (domain: string): boolean => {
  const name = `calljoin_${random(7)}`;
  Cookies.set(name, "1", { domain, expires: 1e-4 });
  const isHeld = !!Cookies.get(name);
  Cookies.remove(name, { domain });
  return isHeld;
};

/** Nothing is tried before the first is written. Throws in a document that may have no cookies at all. */
export const createJar = (): Jar => {
  // From the last two labels outward, and last the host alone. A last label of digits is an IPv4 address (URL standard, "ends in a
  // number"); localhost and [::1] have one label only.
  const { hostname, protocol } = location;
  const labels = hostname.split(".");
  const domains = labels
    .map((_, i) => labels.slice(-i - 1).join("."))
    .slice(/\.\d+$/.test(hostname) ? labels.length : 1);
  let chosen: string | undefined | null = null;

  const values = (name: string) =>
    document.cookie
      .split("; ")
      .filter((pair) => pair.startsWith(`${name}=`))
      .map((pair) => pair.slice(name.length + 1));
  const remove = (name: string, from: string[]) => {
    for (const domain of from) Cookies.remove(name, { domain });
    Cookies.remove(name);
  };

  const jar: Jar = {
    _domain() {
      if (chosen === null) chosen = domains.find(isAccepted);
      return chosen;
    },
    _read(name) {
      const [first, second] = values(name);
      const domain = second && jar._domain();
      if (!domain) return first;
      // A host cookie and a domain cookie of one name: which comes first is the browser's business. Ours is the widest.
      remove(name, domains.slice(domains.indexOf(domain) + 1));
      return values(name)[0] || first;
    },
    _write(name, value) {
      const domain = jar._domain();
      Cookies.set(name, value, { domain, expires: DAYS, sameSite: "Lax", secure: protocol === "https:" });
    },
    _remove(name) {
      remove(name, domains);
    },
  };
  values("");
  return jar;
};
