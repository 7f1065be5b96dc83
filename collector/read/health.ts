/** For whoever runs the collector: is it alive, can it work. */
import { type RequestHandler, Router } from "express";
import { notNow } from "../http/problem";
import type { Store } from "../store/store";

export type Health = ReturnType<typeof createHealth>;

/** Without a write for so long, one is tried: nobody may have come since the disk became full. */
const QUIET_MS = 5_000;

/** Knows whether the store takes writes: reading goes on where a disk is full or read-only. */
export function createHealth(inner: Store) {
  let failed: string | null = null;
  let triedAt = Number.NEGATIVE_INFINITY;
  const watched = async <T>(work: Promise<T>): Promise<T> => {
    triedAt = performance.now();
    try {
      const result = await work;
      failed = null;
      return result;
    } catch (error) {
      const { code, message } = error as Error & { code?: string };
      failed = code ?? message;
      throw error;
    }
  };
  return {
    /** The store, its writes watched. */
    store: { ...inner, write: (...args: Parameters<Store["write"]>) => watched(inner.write(...args)) },
    /** Throws a 503 that says what is the matter. */
    async check(): Promise<void> {
      await inner.ping().catch(() => {
        throw notNow("the store does not answer");
      });
      // A write of its own tells whether that is over.
      if (failed !== null || performance.now() - triedAt > QUIET_MS)
        await watched(inner.probe()).catch(() => undefined);
      if (failed !== null) throw notNow(`the store cannot take writes: ${failed}`);
    },
  };
}

export function healthRoutes({ store, check }: Health, metrics: RequestHandler[]): Router {
  const router = Router();
  router.get("/livez", (_request, response) => {
    response.json({ status: "alive" });
  });
  router.get("/readyz", async (_request, response) => {
    await check();
    response.json({ status: "ready", store: store.engine });
  });
  router.get("/metrics", metrics);
  return router;
}
