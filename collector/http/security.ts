/** The headers that tell browsers what not to do with an answer. */
import type { IncomingMessage, ServerResponse } from "node:http";
import helmet from "helmet";

/** Helmet's headers, by name. They are the same for every answer, and so worked out once. */
export function securityHeaders(): Record<string, string> {
  const headers: Record<string, string> = {};
  const listener = {
    setHeader(name: string, value: string) {
      headers[name] = value;
    },
    removeHeader(name: string) {
      delete headers[name];
    },
  };
  // The scripts and the snapshots route are there for pages of other origins.
  const set = helmet({ crossOriginResourcePolicy: { policy: "cross-origin" } });
  set({} as IncomingMessage, listener as unknown as ServerResponse, () => {});
  return headers;
}
