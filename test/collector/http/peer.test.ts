import type { IncomingMessage } from "node:http";
import express from "express";
import { describe, expect, it } from "vitest";
import { addressOf, hostnameOf, type Trusts, tidyForwarded } from "../../../collector/http/peer";

/** What Express makes of the same request. */
function byExpress(trusted: string[] | false, request: IncomingMessage) {
  const app = express();
  app.set("trust proxy", trusted);
  const asked = Object.assign(Object.create(app.request), request);
  const trusts: Trusts = app.get("trust proxy fn");
  return { trusts, ip: asked.ip as string, hostname: asked.hostname as string };
}

const requestOf = (remoteAddress: string, headers: Record<string, string>) =>
  ({ socket: { remoteAddress }, headers }) as unknown as IncomingMessage;

const PROXIES = ["10.0.0.0/8", "fd00::/8"];

describe("who asks, and whom", () => {
  it.each<[string, string[] | false, string, Record<string, string>, string]>([
    ["there is no proxy", false, "203.0.113.7", {}, "203.0.113.7"],
    ["nobody is trusted", false, "203.0.113.7", { "x-forwarded-for": "198.51.100.1" }, "203.0.113.7"],
    ["a stranger claims to be one", PROXIES, "203.0.113.7", { "x-forwarded-for": "198.51.100.1" }, "203.0.113.7"],
    ["a proxy says so", PROXIES, "10.1.1.1", { "x-forwarded-for": "198.51.100.1" }, "198.51.100.1"],
    ["two proxies say so", PROXIES, "10.1.1.1", { "x-forwarded-for": "198.51.100.1, fd00::2" }, "198.51.100.1"],
    ["a visitor lies to a proxy", PROXIES, "10.1.1.1", { "x-forwarded-for": "1.1.1.1, 198.51.100.1" }, "198.51.100.1"],
    ["all of them are proxies", PROXIES, "10.1.1.1", { "x-forwarded-for": "10.2.2.2,10.3.3.3" }, "10.2.2.2"],
    ["a proxy says nothing", PROXIES, "10.1.1.1", {}, "10.1.1.1"],
  ])("is the visitor's address where %s", (_name, trusted, remote, headers, address) => {
    const request = requestOf(remote, headers);
    const { trusts, ip } = byExpress(trusted, request);
    expect([addressOf(request, trusts), ip]).toEqual([address, address]);
  });

  it.each<[string, Record<string, string>, string]>([
    ["a port stands behind it", { "x-forwarded-for": "203.0.113.7:51234" }, "203.0.113.7"],
    ["ports stand behind each", { "x-forwarded-for": "203.0.113.7:51234, 10.2.2.2:80" }, "203.0.113.7"],
    ["it is IPv6 in brackets", { "x-forwarded-for": "[2001:db8::7]" }, "2001:db8::7"],
    ["it is IPv6 in brackets with a port", { "x-forwarded-for": "[2001:db8::7]:4711,[fd00::2]:80" }, "2001:db8::7"],
    ["it is IPv6 as it is", { "x-forwarded-for": "2001:db8::7" }, "2001:db8::7"],
    ["it is in Forwarded", { forwarded: "for=203.0.113.7;proto=https;by=10.1.1.1" }, "203.0.113.7"],
    ["it is in Forwarded, quoted", { forwarded: 'For="[2001:db8::7]:4711"; host="a,b", for=10.2.2.2' }, "2001:db8::7"],
    ["a visitor lies in Forwarded", { forwarded: "for=1.1.1.1, for=203.0.113.7" }, "203.0.113.7"],
    ["Forwarded is the visitor's own", { forwarded: "for=1.1.1.1", "x-forwarded-for": "203.0.113.7" }, "203.0.113.7"],
    [
      "Forwarded is the visitor's, and nothing else is said",
      { forwarded: "for=1.1.1.1", "x-forwarded-proto": "https" },
      "10.1.1.1",
    ],
    ["Forwarded hides it", { forwarded: "for=_hidden" }, "_hidden"],
    ["there is junk", { "x-forwarded-for": ",, [, junk:1" }, "junk:1"],
  ])("is the visitor's address, tidied, where %s", (_name, headers, address) => {
    const request = requestOf("10.1.1.1", { ...headers });
    tidyForwarded(request);
    const { trusts, ip } = byExpress(PROXIES, request);
    expect([addressOf(request, trusts), ip]).toEqual([address, address]);
  });

  it("is what Forwarded says of the host and the scheme", () => {
    const request = requestOf("10.1.1.1", {
      host: "inside",
      forwarded: 'for=1.1.1.1;host="shop.example:8443";proto=https',
    });
    tidyForwarded(request);
    expect(hostnameOf(request, byExpress(PROXIES, request).trusts)).toBe("shop.example");
    expect(request.headers["x-forwarded-proto"]).toBe("https");
  });

  it.each<[string, string[] | false, Record<string, string>, string]>([
    ["a port is named", false, { host: "collect.shop.example:8080" }, "collect.shop.example"],
    ["it is an IPv6 address", false, { host: "[::1]:8080" }, "[::1]"],
    ["a stranger says another", false, { host: "a.example", "x-forwarded-host": "b.example" }, "a.example"],
    ["a proxy says another", PROXIES, { host: "a.example", "x-forwarded-host": "b.example:1, c.example" }, "b.example"],
  ])("is the host that was asked where %s", (_name, trusted, headers, host) => {
    const request = requestOf("10.1.1.1", headers);
    const { trusts, hostname } = byExpress(trusted, request);
    expect([hostnameOf(request, trusts), hostname]).toEqual([host, host]);
  });
});
