/**
 * The calls that a filter finds. If no index finds them, the collector searches in steps. The console asks for more
 * steps until a page is full, or somebody stops it.
 */
import { useRef, useState } from "preact/hooks";
import type { Call } from "../../../wire/call";
import { ask, pathOf } from "../api";
import { type Resource, useResource } from "../resource";
import type { Filter } from "./call-filter";

export interface Found {
  calls: Call[];
  next_cursor: string | null;
  /** How far a search has got, in epoch ms. It continues from `next_cursor`. */
  searched_to?: number;
}

const PAGE = 50;

/** `lookingAt` is how far the current search has got, or null if there is none. */
export function useFoundCalls(site: string, filter: Filter) {
  const [lookingAt, setLookingAt] = useState<number | null>(null);
  const isStopped = useRef(false);
  const found: Resource<Found> = useResource(
    async (signal) => {
      isStopped.current = false;
      let calls: Call[] = [];
      for (let { cursor } = filter; ; ) {
        const query = { ...filter, cursor, limit: PAGE - calls.length };
        const page = await ask<Found>(pathOf(["v1", "sites", site, "calls"], query), { signal });
        calls = [...calls, ...page.calls];
        const { searched_to, next_cursor } = page;
        if (searched_to === undefined || next_cursor === null || calls.length >= PAGE || isStopped.current) {
          setLookingAt(null);
          return { ...page, calls };
        }
        setLookingAt(searched_to);
        cursor = next_cursor;
      }
    },
    [site, filter],
  );
  const stop = () => {
    isStopped.current = true;
  };
  return { found, lookingAt, stop };
}
