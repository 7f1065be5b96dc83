/** The collector as a process behind proxies, told of them and not. */
import { afterEach, expect, it } from "vitest";
import { type Collector, startCollector } from "./contract/process";

const LIMIT = 20;

let collector: Collector;
afterEach(() => collector.stop());

/** How often each status came, of so many requests one after the other, each with the headers that `headers` makes for it. */
async function statuses(times: number, headers: (n: number) => Record<string, string>, path = "/v1/snapshots") {
  const seen: Record<number, number> = {};
  for (let n = 0; n < times; n += 1) {
    const { status } = await collector.request("POST", path, { body: "{}", headers: headers(n) });
    seen[status] = (seen[status] ?? 0) + 1;
  }
  return seen;
}

it("counts an address, whatever port it comes from, and an IPv6 subnet as one visitor", async () => {
  collector = await startCollector({ CALLJOIN_RATE_LIMIT: String(LIMIT), CALLJOIN_TRUST_PROXY: "1" });
  const from = (address: (n: number) => string) => statuses(30, (n) => ({ "x-forwarded-for": address(n) }));
  const refused = { 400: LIMIT, 429: 10 };
  expect(await from((n) => `203.0.113.8:${50_000 + n}`)).toEqual(refused);
  expect(await from((n) => `[2001:db8:1:2::${n.toString(16)}]:${50_000 + n}`)).toEqual(refused);
  // Two neighbours, each with the subnet that a provider gives to one customer at least.
  expect(await from((n) => `2001:db8:1:3::${n.toString(16)}`)).toEqual(refused);
  expect(await statuses(30, (n) => ({ forwarded: `for="203.0.113.9:${50_000 + n}"` }))).toEqual(refused);
  expect(await from((n) => `198.51.100.${n}, 203.0.113.10`)).toEqual(refused);
  expect(collector.output()).not.toContain("CALLJOIN_TRUST_PROXY");
});

it.each([
  ["x-forwarded-for", "198.51.100.7"],
  ["forwarded", "for=198.51.100.7"],
])("says once that somebody forwards requests who was not named: %s", async (name, value) => {
  collector = await startCollector();
  await statuses(3, () => ({ [name]: value }));
  expect(collector.output().match(/CALLJOIN_TRUST_PROXY/g)).toHaveLength(1);
});
