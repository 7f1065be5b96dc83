import { safe } from "../browser/safe";
import { collectorUrl } from "../setup";

let query = "";

/** What the next request's URL asks of the collector, until it has been heard. */
export const ask = (what: string): void => {
  query = what;
};

const url = () => collectorUrl("v1/snapshots") + query;

/** An answer of the collector: its status, 0 where none came; its text; the ms that it asks us to wait. */
export type Answer = [status: number, text: string, retryAfter: number];

/**
 * Posts a body. A string is sent as text/plain, without headers of our own: a preflight while the page closes would kill the request.
 * Credentials let a collector on the same site see and refresh our cookie.
 */
export const post = async (body: string, keepalive: boolean): Promise<Answer> => {
  try {
    const response = await fetch(url(), { method: "POST", body, keepalive, credentials: "include" });
    if (response.ok) query = "";
    // In seconds, as collectors say it; a proxy's date is NaN, and our own backoff has to do.
    return [response.status, await response.text(), Number(response.headers.get("Retry-After")) * 1000 || 0];
  } catch {
    return [0, "", 0];
  }
};

/** Whether the browser took the body, to send it by itself. Its answer says nothing of the collector's. */
export const beacon = safe((body: string) => navigator.sendBeacon(url(), body));
