import type { RequestHandler } from "express";
import type { Store } from "../store/store";
import type { SiteRegistry } from "./registry";

/** What every room's routes are made of. */
export interface RouteDeps {
  sites: SiteRegistry;
  store: Store;
  clock: () => number;
  /** Lets through whom a route is for (`createGate`). */
  admin: RequestHandler;
}
