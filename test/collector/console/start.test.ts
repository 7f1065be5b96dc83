/** The link that a collector without a site prints. */
import { afterEach, expect, it } from "vitest";
import { type Collector, startCollector } from "../contract/process";

let collector: Collector;
afterEach(() => collector.stop());

const linkIn = (output: string) => /There is no site yet\. .*: (http\S+\/console\/#sign-in=(\S+))/.exec(output) ?? [];

it("a collector without a site prints where to sign in, once; with one it prints nothing", async () => {
  collector = await startCollector();
  const [, address, link] = linkIn(collector.output());
  expect(address).toMatch(new RegExp(`^http://localhost:${new URL(collector.origin).port}/console/#`));
  expect((await collector.request("POST", "/v1/session", { json: { link } })).status).toBe(201);
  await collector.request("PUT", "/v1/sites/shop", { token: collector.adminToken, json: { name: "Shop" } });
  // Also after a crash, and whatever key is used.
  await collector.crash();
  expect(linkIn(collector.output())).toEqual([]);
  expect((await collector.request("POST", "/v1/session", { json: { link } })).status).toBe(401);
}, 60_000);

it("it leads to where browsers reach the collector; without a console there is none", async () => {
  collector = await startCollector({ CALLJOIN_PUBLIC_URL: "https://shop.example/cj" });
  expect(linkIn(collector.output())[1]).toMatch(/^https:\/\/shop\.example\/cj\/console\/#/);
  await collector.stop();
  collector = await startCollector({ CALLJOIN_CONSOLE: "off" });
  expect(linkIn(collector.output())).toEqual([]);
  expect((await collector.request("GET", "/console/")).status).toBe(404);
}, 60_000);
