/**
 * The list of calls, newest first. The address has the filter. The list is live while it shows the newest calls, and
 * each call opens in place.
 */

import { Fragment } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Link, useLocation, useSearch } from "wouter-preact";
import { SUMMARY_TYPES } from "../../../wire/lists";
import { addressOf, pathOf } from "../api";
import { count, money, Time } from "../format";
import { useKey } from "../keys";
import { useLive } from "../live";
import { Page } from "../parts";
import { Empty, Loaded } from "../resource";
import { type PageProps, placeOf } from "../routes";
import { right, Table } from "../table";
import { CallState, OpenedCall } from "../visit/call";
import { CallFilter, filterOf, isFiltered, isSought } from "../visit/call-filter";
import { pageOf } from "../visit/context";
import { useFoundCalls } from "../visit/found-calls";

/** Calls that arrive within this time are shown together. */
const TOGETHER_MS = 1_000;
/** Somebody who has scrolled this far is reading. */
const READING_PX = 120;

export default function Calls({ site, item }: PageProps) {
  const [, go] = useLocation();
  const search = useSearch();
  const filter = filterOf(search);
  const { found, lookingAt, stop } = useFoundCalls(site, filter);
  // A search that takes long is not repeated for each call that arrives.
  const live = useNewest(site, filter.cursor === undefined && !isSought(filter), found.reload);
  const list = placeOf(site, "calls");
  const to = (place: string, query: object) => {
    const text = new URLSearchParams(Object.entries(query).filter(([, value]) => value)).toString();
    return text ? `${place}?${text}` : place;
  };
  const toggled = (id: string) => to(id === item ? list : placeOf(site, "calls", id), filter);
  const rows = useRowKeys((id) => go(toggled(id)));
  const isListed = found.data?.calls.some(({ id }) => id === item);
  return (
    <Page title="Calls" actions={<LiveState {...live} />}>
      <CallFilter
        site={site}
        filter={filter}
        faults={found.problem?.errors ?? []}
        onChange={(query) => go(to(list, query))}
      />
      {item !== undefined && found.data && !isListed && (
        <div class="card">
          <OpenedCall site={site} id={item} version={undefined} />
          <div class="row">
            <Link href={to(list, filter)}>Close</Link>
          </div>
        </div>
      )}
      {found.isLoading && lookingAt !== null && (
        <div class="row">
          <span role="status">
            Looking through the calls before <Time at={lookingAt} />
          </span>
          <button type="button" onClick={stop}>
            Stop
          </button>
        </div>
      )}
      <Loaded of={found}>
        {({ calls, next_cursor, searched_to }) => (
          <>
            {calls.length === 0 && next_cursor === null ? (
              <NoCall site={site} isFiltered={isFiltered(filter)} />
            ) : (
              <Table
                label="Calls, newest first"
                heads={["Begun", "State", "Page", "Vendor", "Transaction", right("Total"), "Goals"]}
                body={rows}
              >
                {calls.map((call) => (
                  <Fragment key={call.id}>
                    <tr class={call.id === item ? "open" : undefined}>
                      <td>
                        <Link href={toggled(call.id)} data-call={call.id} aria-expanded={call.id === item}>
                          <Time at={call.ts} />
                        </Link>
                      </td>
                      <td>
                        <CallState join={call.join} />
                      </td>
                      <td class="cut">{call.context && pageOf(call.context.url)}</td>
                      <td>{call.vendor}</td>
                      <td class="cut">{call.transaction.id}</td>
                      <td class="right">{call.total && money(call.total.value, call.total.currency)}</td>
                      <td>{call.goals.join(", ")}</td>
                    </tr>
                    {call.id === item && (
                      <tr class="opened">
                        <td colSpan={7}>
                          <OpenedCall site={site} id={call.id} version={call.version} />
                        </td>
                      </tr>
                    )}
                  </Fragment>
                ))}
              </Table>
            )}
            <div class="row top">
              <div class="row">
                {searched_to !== undefined && (
                  <span class="quiet">
                    Looked through all calls since <Time at={searched_to} />.
                  </span>
                )}
                {filter.cursor && <Link href={to(list, { ...filter, cursor: "" })}>Newest</Link>}
                {next_cursor && (
                  <Link href={to(list, { ...filter, cursor: next_cursor })}>
                    {searched_to === undefined ? "Older" : "Look further"}
                  </Link>
                )}
              </div>
              <Downloads site={site} filter={filter} />
            </div>
          </>
        )}
      </Loaded>
    </Page>
  );
}

/** Downloads the calls that the filter finds as tables, not only those on this page. */
function Downloads({ site, filter }: { site: string; filter: Record<string, string> }) {
  const { cursor: _cursor, type, ...query } = filter;
  const types = type ? [type] : SUMMARY_TYPES;
  return (
    <p class="row">
      <span class="quiet">Download CSV:</span>
      {types.map((one) => (
        <a
          key={one}
          href={addressOf(pathOf(["v1", "sites", site, "tables", one], { format: "csv", ...query }))}
          download={`${site}-${one}.csv`}
        >
          {one.replace("TransactionSummary", "")}
        </a>
      ))}
    </p>
  );
}

function NoCall({ site, isFiltered }: { site: string; isFiltered: boolean }) {
  if (isFiltered) {
    return (
      <Empty title="No call matches these filters.">
        <Link href={placeOf(site, "calls")}>Show all calls</Link>
      </Empty>
    );
  }
  return (
    <Empty title="No calls yet.">
      <p>
        Calls come from a vendor. <Link href={placeOf(site, "vendors")}>Set one up</Link>, make a test call, and it
        appears here by itself.
      </p>
    </Empty>
  );
}

interface Live {
  isLive: boolean;
  isPaused: boolean;
  /** How many calls are new, or were joined again, and are not shown yet. */
  waiting: number;
  toggle: () => void;
}

/** Reads the list again when calls arrive, but not while it is paused or somebody reads further down. */
function useNewest(site: string, isLive: boolean, reload: () => void): Live {
  const [isPaused, setPaused] = useState(false);
  const [waiting, setWaiting] = useState<string[]>([]);
  const timer = useRef<ReturnType<typeof setTimeout>>();
  function show() {
    setWaiting([]);
    reload();
  }
  function toggle() {
    if (isPaused) show();
    setPaused(!isPaused);
  }
  function soon() {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      show();
    }, TOGETHER_MS);
  }
  useKey("P", isPaused ? "resumes showing calls as they come" : "pauses the list", toggle);
  useLive(isLive ? site : null, {
    call: ({ id }) => {
      if (!isPaused && scrollY <= READING_PX) return soon();
      setWaiting((before) => (before.includes(id) ? before : [...before, id]));
    },
    reset: () => isPaused || soon(),
  });
  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => {
    if (waiting.length === 0 || isPaused) return;
    const back = () => scrollY <= READING_PX && soon();
    addEventListener("scroll", back, { passive: true });
    return () => removeEventListener("scroll", back);
  });
  return { isLive, isPaused, waiting: waiting.length, toggle };
}

function LiveState({ isLive, isPaused, waiting, toggle }: Live) {
  if (!isLive) return null;
  return (
    <div class="row">
      <span role="status" class="quiet">
        {waiting > 0 ? `${count(waiting)} more since` : isPaused ? "Paused" : "Live"}
      </span>
      <button type="button" aria-pressed={isPaused} onClick={toggle}>
        Pause
      </button>
    </div>
  );
}

/** `j` and `k` move from call to call. `E` opens the call that they have reached, or closes it. */
function useRowKeys(open: (id: string) => void) {
  const rows = useRef<HTMLTableSectionElement>(null);
  const links = () => [...(rows.current?.querySelectorAll<HTMLElement>("[data-call]") ?? [])];
  function step(by: number) {
    const all = links();
    const at = all.indexOf(document.activeElement as HTMLElement);
    (all[at < 0 ? 0 : at + by] ?? all[at])?.focus();
  }
  useKey("j", "goes to the next call", () => step(1));
  useKey("k", "goes to the call before", () => step(-1));
  useKey("E", "explains the call, or closes it", () => {
    const all = links();
    const id = (all.find((link) => link === document.activeElement) ?? all[0])?.dataset.call;
    if (id) open(id);
  });
  return rows;
}
