import { afterAll, beforeAll, expect, test } from "vitest";
import { event, newContext, openShop, type Shop, THEN, view } from "./contract/shop";
import { type Running, startInProcess } from "./property/running";

let running: Running;
let shop: Shop;
beforeAll(async () => {
  running = await startInProcess(THEN);
  shop = await openShop(running.request, running.adminToken);
});
afterAll(() => running.stop());

/** The value of one line of `/metrics`; 0 where it is not there. */
async function metric(line: string): Promise<number> {
  const { text } = await running.request("GET", "/metrics");
  const [, value] =
    text
      .split("\n")
      .find((one) => one.startsWith(`${line} `))
      ?.split(/ (?=\S+$)/) ?? [];
  return Number(value ?? 0);
}

test("requests are counted by their route's pattern, never by their path", async () => {
  const line = 'calljoin_request_seconds_count{method="GET",route="/v1/sites/:site/calls",status="200"}';
  const before = await metric(line);
  await shop.calls();
  expect(await metric(line)).toBe(before + 1);
  await running.request("GET", "/no/such/path");
  expect(await metric('calljoin_request_seconds_count{method="GET",route="none",status="404"}')).toBeGreaterThan(0);
});

test("a commit tells its time and how many requests shared it", async () => {
  const [commits, requests] = [
    await metric("calljoin_commit_seconds_count"),
    await metric("calljoin_batch_requests_sum"),
  ];
  await Promise.all([1, 2, 3].map((n) => shop.post(newContext(), [view(`view-${n}`, THEN)])));
  expect((await metric("calljoin_batch_requests_sum")) - requests).toBe(3);
  expect((await metric("calljoin_commit_seconds_count")) - commits).toBeGreaterThan(0);
  expect(await metric("calljoin_queue_bytes")).toBe(0);
});

test("joins are counted by status and reason, each version once", async () => {
  const id = newContext();
  await shop.report("infinity", event({ id, ts: THEN, transaction: "t-1" }));
  expect(await metric('calljoin_joins_total{status="unmatched",reason="unknown_context"}')).toBe(1);
  await shop.post(id, [view("view-1", THEN - 1)]);
  await shop.post(id, [view("view-1", THEN - 1)]);
  expect(await metric('calljoin_joins_total{status="matched",reason=""}')).toBe(1);
});

test("what is refused is counted by its reason", async () => {
  await shop.post(newContext(), [view("view-1", THEN), { view_id: "no-session" }]);
  await shop.report("infinity", event({ type: "aboutSomethingElse", ts: THEN, transaction: "t-2" }));
  expect(await metric('calljoin_rejected_total{reason="invalid"}')).toBe(1);
  expect(await metric('calljoin_rejected_total{reason="unknown_type"}')).toBe(1);
});

test("nothing in it names a site, a visitor, a vendor or a token", async () => {
  const { text, headers } = await running.request("GET", "/metrics");
  expect(headers.get("content-type")).toContain("text/plain");
  expect(text).toContain("# TYPE calljoin_deliveries_total counter");
  for (const secret of [shop.id, await shop.token("infinity"), running.adminToken, "infinity", "6o2diu81w9o"]) {
    expect(text).not.toContain(secret);
  }
});
