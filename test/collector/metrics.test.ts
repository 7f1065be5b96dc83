import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { event, HOUR, newContext, openShop, SECOND, type Shop, THEN, view } from "./contract/shop";
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

test("nothing in it names a visitor, a token, or a number", async () => {
  const { text, headers } = await running.request("GET", "/metrics");
  expect(headers.get("content-type")).toContain("text/plain");
  expect(text).toContain("# TYPE calljoin_deliveries_total counter");
  for (const secret of [await shop.token("infinity"), running.adminToken, "6o2diu81w9o"]) {
    expect(text).not.toContain(secret);
  }
});

test("the process tells its processor time, memory, event loop and start", async () => {
  const { text } = await running.request("GET", "/metrics");
  for (const name of [
    "process_cpu_seconds_total",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
    "nodejs_eventloop_lag_p99_seconds",
  ])
    expect(text).toMatch(new RegExp(`^${name} \\d`, "m"));
});

describe("of the store is told", () => {
  let other: Running;
  let own: Shop;
  // What the store tells is asked of it every five seconds at most: a collector of its own has not been asked yet.
  beforeAll(async () => {
    other = await startInProcess(THEN);
    const webhooks = [{ name: "crm", url: "https://crm.example/hook" }];
    own = await openShop(other.request, other.adminToken, { webhooks });
    const id = newContext();
    await own.post(id, [view("view-1", THEN - 1)]);
    await own.report("infinity", event({ id, ts: THEN, transaction: "t-1" }));
    await own.report("infinity", event({ id, ts: THEN + 2 * HOUR, transaction: "t-2" }));
    await own.report("infinity", event({ id, ts: THEN + 10 * SECOND, transaction: "t-3" }));
  });
  afterAll(() => other.stop());

  test("how large it is, when each vendor was last heard, what waits for webhooks, and calls dated ahead", async () => {
    const { text } = await other.request("GET", "/metrics");
    const value = (name: string, labels = "") =>
      Number(
        text
          .split("\n")
          .find((line) => line.startsWith(`${name}${labels} `))
          ?.split(" ")
          .at(-1) ?? Number.NaN,
      );
    const site = `site="${own.id}"`;
    expect(value("calljoin_store_bytes")).toBeGreaterThan(10_000);
    expect(value("calljoin_vendor_last_event_seconds", `{${site},vendor="infinity"}`)).toBe(THEN / 1_000);
    expect(text).not.toContain(`{${site},vendor="responsetap"}`);
    expect(value("calljoin_deliveries_stored", `{${site},state="pending"}`)).toBe(3);
    expect(value("calljoin_deliveries_stored", `{${site},state="dead"}`)).toBe(0);
    expect(value("calljoin_calls_ahead_total", `{${site},vendor="infinity"}`)).toBe(1);
  });
});
