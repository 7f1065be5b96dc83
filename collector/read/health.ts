/** Tells whoever runs the collector whether it is alive, and whether it can work. */
import { type RequestHandler, Router } from "express";
import { notNow } from "../http/problem";
import type { Store } from "../store/store";

export type Health = ReturnType<typeof createHealth>;

/** If there was no write for this long, try one: the disk may have filled up while no requests came. */
const QUIET_MS = 5_000;

/** Knows whether the store accepts writes. A store can still be read when its disk is full or read-only. */
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
    /** The store, with its writes watched. */
    store: { ...inner, write: (...args: Parameters<Store["write"]>) => watched(inner.write(...args)) },
    /** Throws a 503 that says what is wrong. */
    async check(): Promise<void> {
      await inner.ping().catch(() => {
        throw notNow("the store does not answer");
      });
      // Try a write of our own to find out whether the trouble is over.
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
