/** For whoever runs the collector: is it alive, can it work. */
import { type RequestHandler, Router } from "express";
import { Problem } from "../http/problem";
import type { Store } from "../store/store";

export interface Health {
  /** The store, its writes watched. */
  store: Store;
  /** Throws a 503 that says what is the matter. */
  check(): Promise<void>;
}

/** Without a write for so long, one is tried: nobody may have come since the disk became full. */
const QUIET_MS = 5_000;

/** Knows whether the store takes writes: reading goes on where a disk is full or read-only. */
export function createHealth(inner: Store): Health {
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
    store: { ...inner, write: (...args) => watched(inner.write(...args)) },
    async check() {
      await inner.ping().catch(() => {
        throw unready("the store does not answer");
      });
      // A write of its own tells whether that is over.
      if (failed !== null || performance.now() - triedAt > QUIET_MS)
        await watched(inner.probe()).catch(() => undefined);
      if (failed !== null) throw unready(`the store cannot take writes: ${failed}`);
    },
  };
}

function unready(detail: string): Problem {
  return new Problem(503, detail, { headers: { "Retry-After": "5" } });
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
