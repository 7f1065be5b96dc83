import { fetcher, isList, promise, sendBeacon } from "../browser/page";
import { after, safe } from "../browser/safe";
import { setup } from "../setup";

/** A collector answers in milliseconds. If none has answered after this long (ms), the request counts as failed. */
const LONGEST = 10e3;
/** In seconds. A timer of more than 24 days would go off at once. */
const LONGEST_RETRY_AFTER = 3600;

let query = "";

/** Sets the query of the next request's URL, which asks the collector for something. */
export const ask = (what: string): void => {
  query = what;
};

/** What a collector answers for each batch (contract 4). */
export interface Receipt {
  accepted: number;
  rejected: { index: number; reason: string; detail: string }[];
}

export interface Answer {
  /** 0 if no answer came. */
  _status: number;
  _text: string;
  /** Only the collector gives a receipt. Captive portals, service workers and proxies answer 200, too. */
  _receipt?: Receipt;
  /** How long it asks us to wait, in ms. */
  _retryAfter: number;
}

/**
 * Posts a body and settles within some seconds, whatever is between us and the collector. The browser sends a string as
 * text/plain. We add no headers, because a preflight while the page closes would kill the request. Cookies go only with
 * the one request that needs them, in which the collector refreshes ours. A page may have more cookies than a proxy
 * accepts, so we do not send them twice.
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
      // Collectors answer in seconds. A proxy's date becomes 0, and then our own backoff decides.
      let seconds = +`${response.headers.get("Retry-After")}` || 0;
      if (seconds > LONGEST_RETRY_AFTER) seconds = LONGEST_RETRY_AFTER;
      answer = { _status: response.status, _text: await response.clone().text(), _retryAfter: seconds * 1000 };
      // We do not use `JSON`, which the page may have replaced. This throws if the text is not JSON.
      const receipt = await response.json();
      if (receipt.accepted + 1 && isList(receipt.rejected)) answer._receipt = receipt;
    } catch {}
    // The page has replaced fetch, or the room is used up for requests that outlive the page. A beacon gets no answer.
    if (keepalive && !answer._status) safe(sendBeacon)(url, body);
    resolve(answer);
  });
