/** Calls: listing them, finding them, and showing one with the reasons for its outcome. */
import { Router } from "express";
import { cursorOf, placeOf } from "../http/cursor";
import { Problem } from "../http/problem";
import { parseQuery } from "../http/query";
import { sendList, sendPieces } from "../http/stream";
import { callOf } from "../join/call";
import { type RouteDeps, siteOf } from "../site/deps";
import type { Store } from "../store/store";
import { summaryType } from "../wire/common";
import { conversionsOfCall } from "./conversions";
import { explain } from "./explain";
import { findCalls } from "./find";
import { callsQuery, explainQuery, searchOf, spanIn, tableQuery } from "./query";
import { CONTENT_TYPES, tableText } from "./tables";

/** A search without an index returns what it has found by then, and the next request continues from there. */
const SEARCH_MS = 400;

export function callRoutes({ sites, store, clock, gate }: RouteDeps): Router {
  const router = Router();
  const at = "/v1/sites/:site";

  router.get(`${at}/calls`, gate, async (request, response) => {
    const { site, document } = await siteOf(sites.current, request);
    const { cursor, limit, ...query } = spanIn(document.timezone, parseQuery(callsQuery, request.query));
    const from = placeOf(cursor);
    const below = from && { ts: from[0], call_id: from[1] };
    const until = performance.now() + SEARCH_MS;
    const { rows, next } = await findCalls(store, site, searchOf(query), below, limit + 1, until);
    const last = rows.length > limit ? rows[limit - 1] : next;
    const isCut = rows.length <= limit && next !== null;
    const next_cursor = last ? cursorOf([last.ts, last.call_id]) : null;
    const rest = { next_cursor, ...(isCut && { searched_to: next.ts }) };
    await sendList(response, "calls", rows.slice(0, limit), callOf, rest);
  });

  router.get(`${at}/calls/:call`, gate, async (request, response) => {
    const { site, document } = await siteOf(sites.current, request);
    const asked = parseQuery(explainQuery, request.query);
    const [row] = await store.calls(site, { id: String(request.params.call) }, null, 1);
    if (!row) throw new Problem(404, "there is no such call");
    const conversions = await conversionsOfCall(store, site, callOf(row), document, clock());
    const call = { ...callOf(row), ...(conversions.length > 0 && { conversions }) };
    const events = asked.events === "1" ? { events: await rawEvents(store, site, row.call_id) } : {};
    if (asked.explain !== "1") return response.json({ ...call, ...events });
    const why = await explain(store, site, row.call_id, document);
    response.json({ ...call, ...events, join: { ...call.join, clock: why.join.clock }, explain: why });
  });

  router.get(`${at}/tables/:type`, gate, async (request, response) => {
    const { site, document } = await siteOf(sites.current, request);
    const type = summaryType.safeParse(request.params.type);
    if (!type.success) throw new Problem(404, "there is no such table");
    const { format, ...query } = spanIn(document.timezone, parseQuery(tableQuery, request.query));
    const columns = { entities: document.entities.map(({ name }) => name), caller: document.keep_caller === "full" };
    const text = tableText(store, site, { ...searchOf(query), type: type.data }, columns, format);
    await sendPieces(response, CONTENT_TYPES[format], text);
  });
  return router;
}

/** A call's events as they are stored, in the order in which they arrived. An erased visitor's events have no body. */
async function rawEvents(store: Store, site: string, callId: string) {
  const events = await store.callEvents(site, callId);
  events.sort((a, b) => a.received_at - b.received_at || (a.event_id < b.event_id ? -1 : 1));
  return events.map(({ event_id, received_at, vendor, body }) => {
    return { event_id, received_at, vendor, body: body === null ? null : JSON.parse(body) };
  });
}
