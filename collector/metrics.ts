/**
 * What the collector tells Prometheus (`GET /metrics`). It makes its own registry, so two collectors in one process do
 * not share counts. No label names a visitor. A label names a site or a vendor only if it exists, so nobody can create
 * endless labels.
 */
import type { Request, Response } from "express";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { isAhead } from "./join/event";
import type { Store } from "./store/store";
import type { Site } from "./wire/site";

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];
const BATCH_SIZES = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000];

/** Ask the store for its figures at most this often, because anybody may ask for the metrics. */
const FIGURES_MS = 5_000;

/** Leave the figures out if the store does not answer within this time. */
const PATIENCE_MS = 2_000;

/** The limit for counting the deliveries of one site and state. */
const MOST_DELIVERIES = 10_000;

interface MetricsDeps {
  store: Store;
  clock: () => number;
  /** Bytes of bodies that wait for their commit. */
  waitingBytes: () => number;
}

export function createMetrics({ store, clock, waitingBytes }: MetricsDeps) {
  const registry = new Registry();
  const registers = [registry];
  // The process's own metrics: CPU, memory, event loop, garbage, open files.
  collectDefaultMetrics({ register: registry });
  const counter = <T extends string>(name: string, help: string, ...labelNames: T[]) =>
    new Counter({ name: `calljoin_${name}`, help, labelNames, registers });
  const histogram = <T extends string>(name: string, help: string, buckets: number[], ...labelNames: T[]) =>
    new Histogram({ name: `calljoin_${name}`, help, buckets, labelNames, registers });

  const requests = histogram("request_seconds", "Time to answer a request", SECONDS, "method", "route", "status");
  const commits = histogram("commit_seconds", "Time to write a batch to disk", SECONDS);
  const batches = histogram("batch_requests", "Requests that shared one commit", BATCH_SIZES);
  const joins = counter("joins_total", "New versions of calls", "status", "reason");
  const deliveries = counter(
    "deliveries_total",
    "Attempts at deliveries, by the state of the delivery afterwards",
    "state",
  );
  const refused = counter(
    "vendor_refused_total",
    "Vendors' requests with a wrong token or signature",
    "site",
    "vendor",
  );
  const admin = counter("admin_refused_total", "Requests with a wrong admin token");
  const rejected = counter("rejected_total", "Snapshots and call events refused", "reason");
  const ahead = counter("calls_ahead_total", "Call events dated later than they arrived", "site", "vendor");
  const figures = figuresOf(store, clock, registry);
  new Gauge({
    name: "calljoin_queue_bytes",
    help: "Bytes of request bodies waiting for their commit",
    registers,
    collect() {
      this.set(waitingBytes());
    },
  });

  return {
    /** Counts an answered request, and how long the answer took. */
    answered(labels: { method: string; route: string; status: number }, ms: number): void {
      requests.observe(labels, ms / 1_000);
    },
    /** The store, with its commits, refusals and deliveries counted. */
    measured: (store: Store): Store => ({
      ...store,
      async write(batch, done, now) {
        const start = performance.now();
        const written = await store.write(batch, done, now);
        if (batch.length === 0) return written;
        commits.observe((performance.now() - start) / 1_000);
        batches.observe(batch.length);
        for (const { reason } of batch.flatMap((write) => write.rejected)) rejected.inc({ reason });
        for (const { site, vendor, ts, received_at } of batch.flatMap((write) => write.events))
          if (isAhead(ts, received_at)) ahead.inc({ site, vendor });
        return written;
      },
      async settleDeliveries(settlements) {
        await store.settleDeliveries(settlements);
        for (const { state } of settlements) deliveries.inc({ state });
      },
    }),
    /** Counts a new version of a call. `reason` is null if it is matched. */
    joined: (status: string, reason: string | null) => joins.inc({ status, reason: reason ?? "" }),
    /** Counts a refusal of one of the site's own vendors. */
    vendorRefused: (site: string, vendor: string) => refused.inc({ site, vendor }),
    /** Counts a request with a wrong admin token. */
    adminRefused: () => admin.inc(),
    /** Sends all metrics in Prometheus' text format. */
    async answer(_request: Request, response: Response): Promise<void> {
      await figures();
      response.set("Content-Type", registry.contentType).send(await registry.metrics());
    },
  };
}

/** Returns a function that brings the store's own figures up to date. It never fails, and never takes long. */
function figuresOf(store: Store, clock: () => number, registry: Registry): () => Promise<void> {
  const gauge = <T extends string>(name: string, help: string, ...labelNames: T[]) =>
    new Gauge({ name: `calljoin_${name}`, help, labelNames, registers: [registry] });
  const bytes = gauge("store_bytes", "Size of the store on disk");
  const heard = gauge(
    "vendor_last_event_seconds",
    "When a vendor last reported a call, epoch seconds",
    "site",
    "vendor",
  );
  const stored = gauge("deliveries_stored", "Deliveries by state, up to 10,000", "site", "state");

  /** Removes the figures, because no figure is better than a zero. */
  function forget(): void {
    for (const one of [heard, stored]) one.reset();
    bytes.remove();
  }
  forget();

  async function read(): Promise<void> {
    const size = await store.storeBytes();
    const sites = await store.newestDocuments();
    const counted = sites.flatMap(({ site }) => (["pending", "dead"] as const).map((state) => ({ site, state })));
    const counts = counted.map(({ site, state }) => store.countDeliveries(site, state, MOST_DELIVERIES));
    const vendors = sites.flatMap(({ site, document }) =>
      (JSON.parse(document) as Site).vendors.map(({ name }) => ({ site, vendor: name })),
    );
    const activity = vendors.map(({ site, vendor }) => store.vendorActivity(site, vendor, clock()));
    const [deliveries, last] = [await Promise.all(counts), await Promise.all(activity)];
    forget();
    bytes.set(size);
    for (const [index, labels] of counted.entries()) stored.set(labels, deliveries[index] ?? 0);
    for (const [index, labels] of vendors.entries()) {
      const at = last[index]?.last_event_at;
      if (at) heard.set(labels, at / 1_000);
    }
  }

  let next = Number.NEGATIVE_INFINITY;
  let reading: Promise<unknown> = Promise.resolve();
  return async () => {
    if (performance.now() >= next) {
      next = performance.now() + FIGURES_MS;
      reading = read().catch(forget);
    }
    await Promise.race([reading, new Promise((resolve) => setTimeout(resolve, PATIENCE_MS).unref())]);
  };
}
