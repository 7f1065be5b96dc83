/**
 * What the collector tells Prometheus (`GET /metrics`). A registry of its own, passed in: two collectors in one process do not share counts.
 * No label names a site, a vendor or a visitor, so that who may read this learns nothing of them, and nobody can make labels without end.
 */
import type { RequestHandler } from "express";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Store } from "./store/store";

export interface Metrics {
  /** Counts a request that was answered, and how long that took. */
  answered(labels: { method: string; route: string; status: number }, ms: number): void;
  /** The store, with its commits, refusals and deliveries counted. */
  measured(store: Store): Store;
  /** A call that came out anew; `reason` is null where it is matched. */
  joined(status: string, reason: string | null): void;
  /** Answers all of it in Prometheus' text format. */
  answer: RequestHandler;
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];
const BATCH_SIZES = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000];

/** `waitingBytes` tells the bytes of bodies that wait for their commit. */
export function createMetrics(waitingBytes: () => number): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const counter = <T extends string>(name: string, help: string, ...labelNames: T[]) =>
    new Counter({ name: `calljoin_${name}`, help, labelNames, registers });
  const histogram = <T extends string>(name: string, help: string, buckets: number[], ...labelNames: T[]) =>
    new Histogram({ name: `calljoin_${name}`, help, buckets, labelNames, registers });

  const requests = histogram(
    "request_seconds",
    "Requests, until they were answered",
    SECONDS,
    "method",
    "route",
    "status",
  );
  const commits = histogram("commit_seconds", "Batches, until they were on disk", SECONDS);
  const batches = histogram("batch_requests", "Requests that shared one commit", BATCH_SIZES);
  const joins = counter("joins_total", "Calls that came out anew", "status", "reason");
  const deliveries = counter("deliveries_total", "Attempts at deliveries, by the state that they left", "state");
  const rejected = counter("rejected_total", "Snapshots and call events refused", "reason");
  new Gauge({
    name: "calljoin_queue_bytes",
    help: "Bytes of bodies that wait for their commit",
    registers,
    collect() {
      this.set(waitingBytes());
    },
  });

  return {
    answered: (labels, ms) => requests.observe(labels, ms / 1_000),
    measured: (store) => ({
      ...store,
      async write(batch, done, now) {
        const start = performance.now();
        const written = await store.write(batch, done, now);
        if (batch.length === 0) return written;
        commits.observe((performance.now() - start) / 1_000);
        batches.observe(batch.length);
        for (const { reason } of batch.flatMap((write) => write.rejected)) rejected.inc({ reason });
        return written;
      },
      async settleDelivery(claimed, settlement) {
        await store.settleDelivery(claimed, settlement);
        deliveries.inc({ state: settlement.state });
      },
    }),
    joined: (status, reason) => joins.inc({ status, reason: reason ?? "" }),
    async answer(_request, response) {
      response.set("Content-Type", registry.contentType).send(await registry.metrics());
    },
  };
}
