/**
 * Decides which addresses a webhook may connect to. Whoever may edit a site chooses the webhook's URL, but does not run
 * the machine. So the URL must not reach what only this machine can reach. The filter checks the address itself, at the
 * moment of connecting, because a name may resolve differently a moment later.
 */
import { lookup } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";

/**
 * IANA's special-purpose registry for IPv4, without the ranges that are plainly public. Multicast and class E follow
 * it.
 */
const NOT_PUBLIC_V4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10", // carrier-grade NAT
  "127.0.0.0/8",
  "168.63.129.16/32", // Azure's platform, as its machines see it
  "169.254.0.0/16", // link-local: the metadata services of clouds
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24", // 6to4 relays
  "192.168.0.0/16",
  "198.18.0.0/15", // benchmarks
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
];

/**
 * Of IPv6, only global unicast is public. That leaves out mapped IPv4, NAT64, unique local, link-local and multicast.
 */
const GLOBAL_V6 = "2000::/3";

/**
 * Parts of global unicast that are not public: protocol assignments (Teredo, benchmarks, ORCHID), documentation, 6to4,
 * documentation.
 */
const NOT_PUBLIC_V6 = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"];

export interface AddressFilter {
  /** Whether an address (IPv4 or IPv6 in any notation) may be connected to for this host name. */
  allows(host: string, address: string): boolean;
}

/** `exceptions` are hosts, addresses and CIDRs (`CALLJOIN_ALLOW_PRIVATE`) that are always allowed. */
export function createAddressFilter(exceptions: string[]): AddressFilter {
  const hosts = new Set(exceptions.filter((one) => !isNetwork(one)).map((host) => host.toLowerCase()));
  const excepted = listOf(exceptions.filter(isNetwork));
  const notPublic = listOf([...NOT_PUBLIC_V4, ...NOT_PUBLIC_V6]);
  const global = listOf([GLOBAL_V6]);
  return {
    allows(host, address) {
      const family = isIP(address) === 4 ? "ipv4" : "ipv6";
      if (isIP(address) === 0) return false;
      if (hosts.has(host.toLowerCase()) || excepted.check(address, family)) return true;
      return !notPublic.check(address, family) && (family === "ipv4" || global.check(address, "ipv6"));
    },
  };
}

/** A `lookup` for `net.connect` that returns only addresses to which it may connect. */
export function filteredLookup(filter: AddressFilter, resolve: typeof lookup = lookup): LookupFunction {
  return (host, options, callback) => {
    resolve(host, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, "", 0);
      const allowed = addresses.filter(({ address }) => filter.allows(host, address));
      const [first] = allowed;
      if (!first) return callback(notAllowed(host), "", 0);
      if (options.all) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}

export function notAllowed(host: string): Error {
  return new Error(`${host} is not a public address, and not listed in CALLJOIN_ALLOW_PRIVATE`);
}

function isNetwork(text: string): boolean {
  return isIP(text.split("/")[0] ?? "") !== 0;
}

function listOf(networks: string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", prefix] = network.split("/");
    const family = isIP(address) === 4 ? "ipv4" : "ipv6";
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}
