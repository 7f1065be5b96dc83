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
 * Credentials let a collector on the same site see and refresh our cookie.
 */
export const post = async (url: string, body: string, keepalive: boolean): Promise<Answer> => {
  try {
    const response = await fetch(url, { method: "POST", body, keepalive, credentials: "include" });
    const after = response.headers.get("Retry-After") || 0;
    const ms = Number(after) * 1000 || Date.parse(`${after}`) - Date.now();
    return {
      _status: response.status,
      _text: await response.text(),
      _retryAfter: Math.min(ms > 0 ? ms : 0, LONGEST_RETRY_AFTER),
    };
  } catch (fault) {
    return { _status: 0, _text: `${fault}`, _retryAfter: 0 };
  }
};

/** Whether the browser took the body, to send it by itself. Its answer says nothing of the collector's. */
export const beacon = (url: string, body: string): boolean => {
  try {
    return navigator.sendBeacon(url, body);
  } catch {
    return false; // blocked, or not there
  }
};
