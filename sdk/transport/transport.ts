import { fetcher, isList, promise, sendBeacon } from "../browser/page";
import { after, safe } from "../browser/safe";
import { setup } from "../setup";

/** A collector answers in milliseconds; who has not after this long is taken for gone, and asked again. */
const LONGEST = 10e3;
/** Seconds. A timer of more than 24 days would go off at once. */
const LONGEST_RETRY_AFTER = 3600;

let query = "";

/** What the next request's URL asks of the collector. */
export const ask = (what: string): void => {
  query = what;
};

/** What a collector says of each batch (contract 4). */
export interface Receipt {
  accepted: number;
  rejected: { index: number; reason: string; detail: string }[];
}

export interface Answer {
  /** 0 where none came. */
  _status: number;
  _text: string;
  /** Only the collector itself gives one: a captive portal, a service worker or a proxy answers 200, too. */
  _receipt?: Receipt;
  /** The ms that it asks us to wait. */
  _retryAfter: number;
}

/**
 * Posts a body, and settles within some seconds, whatever stands between us and the collector. A string is sent as text/plain, without
 * headers of our own: a preflight while the page closes would kill the request. Cookies go with the one request that needs them, in which
 * the collector refreshes ours: a page's may be more than someone in between takes, and so they are not sent twice.
 */
export const post = (body: string, keepalive: boolean): Promise<Answer> =>
  promise(async (resolve) => {
    let answer: Answer = { _status: 0, _text: "", _retryAfter: 0 };
    after(LONGEST, () => resolve(answer));
    const url = `${setup.collector}/v1/snapshots${query}`;
    const credentials = query ? "include" : "omit";
    query = "";
    try {
      const response = await fetcher()(url, { method: "POST", body, keepalive, credentials });
      // In seconds, as collectors say it; a proxy's date is NaN, and our own backoff has to do.
      let seconds = +`${response.headers.get("Retry-After")}` || 0;
      if (seconds > LONGEST_RETRY_AFTER) seconds = LONGEST_RETRY_AFTER;
      answer = { _status: response.status, _text: await response.clone().text(), _retryAfter: seconds * 1000 };
      // Not by `JSON`, which may be the page's own. Throws where it is somebody else's text.
      const receipt = await response.json();
      if (receipt.accepted + 1 && isList(receipt.rejected)) answer._receipt = receipt;
    } catch {}
    // The page has taken fetch, or the room is used up that all requests share which outlive it. Of a beacon we hear nothing.
    if (keepalive && !answer._status) safe(sendBeacon)(url, body);
    resolve(answer);
  });
