/**
 * What happens on a site while somebody watches. The collector sends it as server-sent events, and the browser
 * reconnects by itself.
 */
import { useEffect, useRef } from "preact/hooks";
import { addressOf, ofSite } from "./api";

/** A call that is new or was joined again. */
export interface LiveCall {
  id: string;
  /** Epoch milliseconds. */
  ts: number;
  status: string;
  version: number;
}

interface Listener {
  call?: (call: LiveCall) => void;
  progress?: () => void;
  /** More has happened than the collector reports one by one. */
  reset?: () => void;
}

const AGAIN_MS = 3_000;

/**
 * Calls `on.call` for each call, and `on.progress` when something happens for the first time. Does not listen without
 * a site.
 */
export function useLive(site: string | null, on: Listener): void {
  const newest = useRef(on);
  newest.current = on;
  useEffect(() => {
    if (site === null) return;
    let source: EventSource;
    let timer: ReturnType<typeof setTimeout>;
    function listen() {
      source = new EventSource(addressOf(ofSite(site as string, "live")));
      source.addEventListener("call", ({ data }) => newest.current.call?.(JSON.parse(data)));
      source.addEventListener("reset", () => newest.current.reset?.());
      source.addEventListener("progress", () => newest.current.progress?.());
      // A browser gives up on any answer that is not a stream (https://html.spec.whatwg.org/#fail-the-connection).
      // Such an answer may come from a proxy while the collector restarts. Or it says that nobody is signed in: then
      // the list will say so when it is read again.
      source.addEventListener("error", () => {
        if (source.readyState !== EventSource.CLOSED) return;
        newest.current.reset?.();
        timer = setTimeout(listen, AGAIN_MS);
      });
    }
    listen();
    return () => {
      clearTimeout(timer);
      source.close();
    };
  }, [site]);
}
