/** What would come of a vendor's request: read and joined as if it had been sent, and nothing is stored (contract 5). */
import type { RequestHandler } from "express";
import { bytesOf, jsonOf } from "../http/body";
import { Problem } from "../http/problem";
import { factsOf } from "../join/joiner";
import { resolve } from "../join/resolve";
import { type RouteDeps, vendorOf } from "../site/deps";
import type { KnownSite } from "../site/registry";
import type { Store } from "../store/store";
import type { CallEventRow } from "../store/tables";
import type { Vendor } from "../wire/site";
import { mappingOf } from "./adapters";
import { exactJson } from "./adapters/body";
import { eventsOf } from "./adapters/qprotocol";
import { askedOf, calledUrls, sharedWith } from "./admit";
import { type Read, readEvents } from "./events";
import { type Heard, hear } from "./heard";

export interface TryDeps extends Omit<RouteDeps, "gate"> {
  publicUrl: string | undefined;
}

export function tryRoute({ sites, store, clock, publicUrl }: TryDeps): RequestHandler {
  return async (request, response) => {
    const { vendor, ...known } = await vendorOf(sites, request);
    const mapping = mappingOf(vendor);
    let heard: Pick<Heard, "signed" | "refusal"> & { events: unknown[] | null };
    if (mapping) {
      const secrets = sharedWith(vendor, await store.secrets(known.site, "vendor_secret", clock()));
      const path = request.originalUrl.replace(/^[^?]*/, `/v1/calls/${known.site}/${vendor.name}`);
      const urls = calledUrls(request, path, publicUrl);
      const { problem, ...read } = await hear(askedOf(request), mapping, { secrets, urls, now: clock() });
      if (problem) throw problem;
      heard = read;
    } else heard = { events: eventsOf(jsonOf(bytesOf(request), exactJson)), signed: null, refusal: null };
    const { events, signed, refusal } = heard;
    if (!events) throw new Problem(400, "the body contains no events");
    const read = readEvents({ site: known.site, vendor, document: known.document, events });
    const seen: CallEventRow[] = [];
    const answers = [];
    for (const [index, one] of read.entries()) {
      const verdict = refusal ? { ...one, event: refusal } : one;
      answers.push({ index, ...(await outcomeOf(store, known, vendor, verdict, seen, clock())) });
    }
    response.json({ signed, events: answers });
  };
}

/** One event's verdict, what was read out of it, and the call that it would make with those that are there and `seen` before it. */
async function outcomeOf(
  store: Store,
  { site, document }: KnownSite,
  vendor: Vendor,
  { body, event }: Read,
  seen: CallEventRow[],
  now: number,
) {
  const kept: unknown = JSON.parse(body);
  if ("reason" in event) return { verdict: "rejected", ...event, kept };
  const { event: said, ...row } = event;
  const { own_id, own_is_alias, revision, ts, ...facts } = said;
  const stored = await store.callEvents(site, row.call_id);
  const before = [...stored, ...seen.filter(({ call_id }) => call_id === row.call_id)];
  const isKnown = before.some(({ event_id }) => event_id === row.event_id);
  const added: CallEventRow = { site, vendor: vendor.name, ...row, body, received_at: now };
  if (!isKnown) seen.push(added);
  const { outcome } = await resolve(
    store.history,
    site,
    factsOf(isKnown ? before : [...before, added], document),
    document,
  );
  return {
    verdict: isKnown ? "duplicate" : "accepted",
    ...facts,
    direction: "inbound",
    ts,
    time: new Date(ts).toISOString(),
    context_id: own_is_alias ? null : own_id,
    visitor_id: own_is_alias ? own_id : null,
    revision,
    call: outcome,
    kept,
  };
}
