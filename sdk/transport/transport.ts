const SOON = 300;
const LONGEST_BACKOFF = 5 * 60e3;
const LONGEST_RETRY_AFTER = 3600e3;

/** An answer of the collector; status 0 where none came. */
export interface Answer {
  _status: number;
  _text: string;
  /** ms to wait, as the collector asks for; 0 where it does not. */
  _retryAfter: number;
}

/**
 * Posts a body. A string is sent as text/plain, without headers of our own: a preflight while the page closes would kill the request.
 * Credentials let a collector on a subdomain of the site see and refresh our cookie.
 */
export const post = async (url: string, body: string, keepalive: boolean): Promise<Answer> => {
  try {
    const response = await fetch(url, { method: "POST", body, keepalive, credentials: "include" });
    const wait = response.headers.get("Retry-After") || "";
    const text = await response.text();
    const ms = Number(wait) * 1000 || Date.parse(wait) - Date.now();
    return { _status: response.status, _text: text, _retryAfter: ms > 0 ? Math.min(ms, LONGEST_RETRY_AFTER) : 0 };
  } catch (fault) {
    return { _status: 0, _text: `${fault}`, _retryAfter: 0 };
  }
};

/** Whether the browser took the body to send it by itself. Its answer says nothing of the collector's. */
export const beacon = (url: string, body: string): boolean => {
  try {
    return navigator.sendBeacon(url, body);
  } catch {
    return false;
  }
};

/** Answers after which the same body may well be taken later. */
export const isTemporary = (status: number): boolean => !status || status === 408 || status === 429 || status > 499;

/** ms until the next attempt after so many failures in a row: doubled each time, and jittered, as all visitors fail together. */
export const backoff = (failures: number): number =>
  failures ? Math.min(1000 * 2 ** failures, LONGEST_BACKOFF) * (0.5 + Math.random() / 2) : SOON;
