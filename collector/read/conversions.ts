/**
 * The conversions of many calls: counted, tried out, or one by one. Calls are read a page at a time, so that nobody
 * waits for all of them.
 */
import { z } from "zod";
import { isEligible } from "../convert/conversion";
import { destinationOf } from "../convert/index";
import { type Done, destinationsOf, stateOf } from "../convert/state";
import { callOf } from "../join/call";
import type { CallFilter } from "../store/reads";
import type { Store } from "../store/store";
import type { Call, ConversionState } from "../wire/call";
import type { Site, Webhook } from "../wire/site";
import { pagesOf } from "./find";
import { span } from "./query";

const PAGE = 200;

/** How far a report goes back if no time is named. */
export const REPORT_MS = 30 * 86_400_000;
export const DRY_RUN_MS = 7 * 86_400_000;

export const conversionsQuery = z.object({
  by: z.enum(["reason", "day", "destination", "source", "goal"]).optional(),
  standing: z
    .enum(["0", "1"])
    .optional()
    .meta({ description: "`0`: by day, only what they were worth; how they stand takes longer" }),
  ...span,
});
export const dryRunQuery = z.object(span);

export interface Span {
  from?: number | undefined;
  to?: number | undefined;
}

/** All calls of a period, newest first, page by page. */
export async function* callPages(store: Store, site: string, filter: CallFilter): AsyncGenerator<Call[]> {
  for await (const rows of pagesOf(store, site, filter, PAGE)) yield rows.map(callOf);
}

/** What was done about some calls, by call. */
export async function doneOf(store: Store, site: string, calls: Call[]): Promise<Map<string, Done>> {
  const ids = calls.map(({ id }) => id);
  const done = new Map(ids.map((id): [string, Done] => [id, { deliveries: [], filed: [] }]));
  for (const delivery of await store.deliveriesOfCalls(site, ids))
    done.get(delivery.call_id)?.deliveries.push(delivery);
  for (const row of await store.filedOf(site, ids)) done.get(row.call_id)?.filed.push(row);
  return done;
}

/** A call's conversions, with what the platforms said about those that they refused. */
export async function conversionsOfCall(
  store: Store,
  site: string,
  call: Call,
  document: Site,
  now: number,
): Promise<ConversionState[]> {
  const destinations = destinationsOf(document);
  if (destinations.length === 0) return [];
  const done = (await doneOf(store, site, [call])).get(call.id) ?? { deliveries: [], filed: [] };
  const states: ConversionState[] = [];
  for (const webhook of destinations) {
    const state = stateOf(webhook, call, document, done, now);
    const isOpen = state.reason === "refused" || (state.state === "waiting" && state.detail === null);
    states.push(isOpen ? { ...state, detail: await lastWords(store, site, call.id, webhook) } : state);
  }
  return states;
}

/** What a platform said last, or why there was no answer. */
async function lastWords(store: Store, site: string, callId: string, webhook: Webhook): Promise<string | null> {
  const rows = (await store.deliveriesOfCalls(site, [callId])).filter((row) => row.webhook === webhook.name);
  const [newest] = rows.sort((a, b) => b.version - a.version);
  const last = newest && (await store.attempts(site, callId, newest.id)).at(-1);
  if (!last) return null;
  const words = destinationOf(webhook)?.api?.words(last.response) ?? null;
  return words ?? last.error ?? (newest?.state === "dead" ? `it answered ${last.status}` : null);
}

export type CountedBy = "reason" | "day" | "destination";

/** Calls, and how they stand. One call counts once for each destination. */
export interface ConversionCount {
  key: string;
  conversions: number;
  sent: number;
  waiting: number;
  not_sent: number;
  reasons: Record<string, number>;
}

/** Rows in the order of their keys. `dayOf` names the day of a time (ms). */
export async function countConversions(
  store: Store,
  site: string,
  document: Site,
  time: Span,
  by: CountedBy | null,
  dayOf: (at: number) => string,
  now: number,
): Promise<ConversionCount[]> {
  const rows = new Map<string, ConversionCount>();
  const destinations = destinationsOf(document);
  if (destinations.length > 0) {
    for await (const calls of callPages(store, site, time)) {
      const done = await doneOf(store, site, calls);
      for (const call of calls) {
        for (const webhook of destinations) {
          const state = stateOf(webhook, call, document, done.get(call.id) as Done, now);
          const keys = { reason: state.reason ?? state.state, day: dayOf(call.ts), destination: webhook.name };
          count(rows, by === null ? "all" : keys[by], state);
        }
      }
    }
  }
  if (by === null && rows.size === 0) count(rows, "all", null);
  return [...rows.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

function count(rows: Map<string, ConversionCount>, key: string, state: ConversionState | null): void {
  const row = rows.get(key) ?? { key, conversions: 0, sent: 0, waiting: 0, not_sent: 0, reasons: {} };
  rows.set(key, row);
  if (!state) return;
  row.conversions += 1;
  row[state.state] += 1;
  if (state.reason) row.reasons[state.reason] = (row.reasons[state.reason] ?? 0) + 1;
}

/** What a destination would have been sent for a period's calls if it had been on then. */
export async function dryRun(store: Store, site: string, document: Site, webhook: Webhook, time: Span) {
  const counted = { calls: 0, would_send: 0, reasons: {} as Record<string, number> };
  for await (const calls of callPages(store, site, time)) {
    for (const call of calls) {
      const eligible = destinationOf(webhook)?.eligible(webhook, call, document, call.ts) ?? [];
      counted.calls += 1;
      if (isEligible(eligible)) counted.would_send += 1;
      else counted.reasons[eligible.reason] = (counted.reasons[eligible.reason] ?? 0) + 1;
    }
  }
  return counted;
}
