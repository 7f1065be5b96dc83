import { inject } from "vitest";
import { client, type Request } from "./http";

/** The run's own collector, for tests to which a site of their own is enough: they neither end it nor read its log. */
export interface Shared {
  origin: string;
  request: Request;
  adminToken: string;
  /** What a command needs to work on its store. */
  env: Record<string, string>;
}

export function sharedCollector(): Shared {
  const given = inject("collector");
  return { ...given, request: client(given.origin) };
}
