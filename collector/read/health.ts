/** For whoever runs the collector: is it alive, can it work. */
import { type RequestHandler, Router } from "express";
import { Problem } from "../http/problem";
import type { Store } from "../store/store";

export function healthRoutes(store: Store, metrics: RequestHandler): Router {
  const router = Router();
  router.get("/livez", (_request, response) => {
    response.json({ status: "alive" });
  });
  router.get("/readyz", async (_request, response) => {
    await store.ping().catch(() => {
      throw new Problem(503, "the store does not answer", { headers: { "Retry-After": "5" } });
    });
    response.json({ status: "ready", store: store.engine });
  });
  router.get("/metrics", metrics);
  return router;
}
