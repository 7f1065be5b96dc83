/** What happens at a site while somebody looks, as the collector tells it: server-sent events, which the browser takes up again by itself. */
import { useEffect, useRef } from "preact/hooks";
import { addressOf, ofSite } from "./api";

/** A call that is new or joined anew. */
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
  /** More has happened than is told one by one. */
  reset?: () => void;
}

const AGAIN_MS = 3_000;

/** Calls `on.call` for each call, `on.progress` when something happens for the first time. Without a site nothing is listened to. */
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
      // A browser gives up on any answer that is no stream (https://html.spec.whatwg.org/#fail-the-connection): a proxy's while the collector
      // starts anew, or that nobody is signed in, which the list says when it is read again.
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
