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

/** Calls `on.call` for each call, `on.progress` when something happens for the first time. Without a site nothing is listened to. */
export function useLive(site: string | null, on: Listener): void {
  const newest = useRef(on);
  newest.current = on;
  useEffect(() => {
    if (site === null) return;
    const source = new EventSource(addressOf(ofSite(site, "live")));
    source.addEventListener("call", ({ data }) => newest.current.call?.(JSON.parse(data)));
    source.addEventListener("reset", () => newest.current.reset?.());
    source.addEventListener("progress", () => newest.current.progress?.());
    return () => source.close();
  }, [site]);
}
