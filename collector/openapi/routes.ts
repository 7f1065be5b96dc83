/** Every route: who may call it, what it is for, what it takes and what it answers. */
import { z } from "zod";
import type { Access } from "../http/auth";
import { contextQuery } from "../read/contexts";
import { fileQuery } from "../read/conversion-routes";
import { conversionsQuery, dryRunQuery } from "../read/conversions";
import { deliveriesQuery } from "../read/deliveries";
import { callsQuery, coverageQuery, explainQuery, rateQuery, rejectedQuery, tableQuery } from "../read/query";
import { versionQuery } from "../site/routes";
import { SUMMARY_TYPES } from "../wire/lists";
import type { Schema } from "./schemas";

const checkQuery = z.object({ key: z.string().optional(), unsent: z.string().optional() });

/**
 * What goes in and comes out. `types` lists an answer's types if it is not JSON, or not always. `also` lists other
 * statuses of success: when they occur, and with what.
 */
interface Content {
  query?: z.ZodObject;
  body?: Schema;
  answer?: Schema;
  types?: string[];
  also?: Record<number, [string, Schema]>;
}

/** Access, summary, status of success, content. */
export type Route = [Access, string, number, Content?];

const site = "/v1/sites/{site}";
const tokenQuery = z.object({ token: z.string().optional() });
const events: Content = { query: tokenQuery, body: "CallEvents", answer: "Receipt" };
/** A site document may say what answer a vendor wants, of whatever type. */
const asked: Content = { query: tokenQuery, answer: "Receipt", types: ["*/*"] };
const tables = SUMMARY_TYPES.join(", ");

/** Every route, in the order in which data meets them. */
export const ROUTES: Record<string, Route> = {
  "GET /t/{site}.js": ["public", "the site's tag", 200, { types: ["text/javascript"] }],
  "GET /inspector.js": [
    "public",
    "what `inspect()` loads, and, with a key, what a page loads that was opened for a check",
    200,
    { query: checkQuery, types: ["text/javascript"] },
  ],
  "POST /v1/checks/{key}": ["public", "reports how the tag works on such a page", 204, { body: "Report" }],
  "POST /v1/snapshots": ["public", "takes what a page's tag has read", 202, { body: "Envelope", answer: "Receipt" }],
  "POST /v1/calls/{site}": ["vendor", "calls in QProtocol", 202, events],
  "POST /v1/calls/{site}/{vendor}": [
    "vendor",
    "calls in the vendor's own format",
    200,
    { ...asked, also: { 202: ["taken: the vendor's format is QProtocol", "Receipt"] } },
  ],
  "GET /v1/calls/{site}/{vendor}": ["vendor", "the same, for vendors that put the call into the URL", 200, asked],
  "GET /v1/presets": [
    "admin",
    "entities that many sites want, and the vendor formats that Calljoin reads",
    200,
    { answer: "Presets" },
  ],
  "POST /events/{site}": ["vendor", "calls in QProtocol, at the address that existing integrations use", 202, events],
  "POST /events/raw/{site}": [
    "vendor",
    "calls in QProtocol, at the address that existing integrations use",
    202,
    events,
  ],
  "GET /v1/sites": ["reader", "all sites, with their newest version", 200, { answer: "Sites" }],
  [`PUT ${site}`]: [
    "admin",
    "saves a site document as its next version",
    200,
    { body: "Site", answer: "Site", also: { 201: ["saved as the site's first version", "Site"] } },
  ],
  [`GET ${site}`]: ["admin", "a site document", 200, { query: versionQuery, answer: "Site" }],
  [`POST ${site}/check`]: [
    "admin",
    "the errors and warnings of a site document; saves nothing",
    200,
    { body: "Site", answer: "Checked" },
  ],
  [`GET ${site}/versions`]: [
    "admin",
    "when each version of the site document was saved, and with whose token",
    200,
    { answer: "Versions" },
  ],
  [`GET ${site}/vendors`]: [
    "reader",
    "for each vendor, its last event and its last ten refusals",
    200,
    { answer: "Vendors" },
  ],
  [`POST ${site}/vendors/{vendor}/token`]: [
    "admin",
    "makes a token for a vendor and shows it once; the previous one works for 24 more hours",
    201,
    { answer: "Token" },
  ],
  [`POST ${site}/vendors/{vendor}/try`]: [
    "admin",
    "how Calljoin would read a vendor's request; stores nothing",
    200,
    // Some vendors put everything into the query.
    { query: z.looseObject({}), body: "Anything", answer: "Tried" },
  ],
  [`POST ${site}/webhooks/{webhook}/secret`]: [
    "admin",
    "makes a signing secret and shows it once; the previous one signs for 24 more hours",
    201,
    { answer: "Secret" },
  ],
  [`POST ${site}/webhooks/{webhook}/test`]: [
    "admin",
    "sends an example, marked as a test, and shows the receiver's answer",
    200,
    { answer: "Anything" },
  ],
  [`POST ${site}/webhooks/{webhook}/key`]: [
    "admin",
    "makes a key for the file that a platform fetches and shows it once; the previous one works for 24 more hours",
    201,
    { answer: "Key" },
  ],
  [`DELETE ${site}/webhooks/{webhook}/key`]: ["admin", "revokes every key of a file at once", 204],
  [`POST ${site}/webhooks/{webhook}/dry-run`]: [
    "admin",
    "what a destination would have been sent for a period's calls; by default, the last 7 days",
    200,
    { query: dryRunQuery, answer: "DryRun" },
  ],
  [`GET ${site}/conversions`]: [
    "reader",
    "conversions: what they were worth (by day, source, goal), how they stand with the destinations and why (by day, reason, destination); of the last 30 days unless told",
    200,
    { query: conversionsQuery, answer: "Conversions" },
  ],
  [`GET ${site}/conversions/{file}`]: [
    "public",
    "`NAME.csv`: the file that a platform fetches with its key; `adjustments=1`: what has changed since",
    200,
    { query: fileQuery, types: ["text/csv"] },
  ],
  [`POST ${site}/webhooks/preview`]: [
    "admin",
    "the request that a webhook, saved or not, would send for a call; sends nothing",
    200,
    { body: "Preview", answer: "Previewed" },
  ],
  [`GET ${site}/calls/{call}/webhooks`]: [
    "reader",
    "which webhooks were told of a call, and why the others were not",
    200,
    { answer: "Told" },
  ],
  [`GET ${site}/parameters`]: ["admin", "the values that a webhook can send", 200, { answer: "Parameters" }],
  [`GET ${site}/calls`]: ["reader", "calls, newest first", 200, { query: callsQuery, answer: "Calls" }],
  [`GET ${site}/calls/{call}`]: [
    "reader",
    "a call, and on request why it matched or not",
    200,
    { query: explainQuery, answer: "CallInFull" },
  ],
  [`GET ${site}/contexts/{context}`]: [
    "reader",
    "a visitor: sessions, views, values and calls",
    200,
    { query: contextQuery, answer: "Anything" },
  ],
  [`DELETE ${site}/contexts/{context}`]: [
    "admin",
    "erases a visitor",
    204,
    { also: { 202: ["begun; `Retry-After` says when to ask again", "Later"] } },
  ],
  [`GET ${site}/entities`]: [
    "reader",
    "how often each entity had a value recently, its last value, and its last error",
    200,
    { query: coverageQuery, answer: "Entities" },
  ],
  [`GET ${site}/tables/{type}`]: [
    "reader",
    `all calls of a type as a table: ${tables}`,
    200,
    { query: tableQuery, answer: "Rows", types: ["application/x-ndjson", "text/csv"] },
  ],
  [`GET ${site}/match-rate`]: [
    "reader",
    "how many calls matched, and why the others did not",
    200,
    { query: rateQuery, answer: "Rows" },
  ],
  [`GET ${site}/attention`]: [
    "reader",
    "what needs attention: what is off, silent, empty, given up or refused",
    200,
    { answer: "Attention" },
  ],
  [`GET ${site}/progress`]: ["reader", "when each step of a site's set-up was first done", 200, { answer: "Progress" }],
  [`POST ${site}/checks`]: [
    "admin",
    "makes a key for a page's address (`#calljoin=KEY`): the page then reports for 15 minutes how the tag works there",
    201,
    { body: "Check", answer: "CheckKey" },
  ],
  [`GET ${site}/checks/{key}`]: ["admin", "what such a page has reported, newest last", 200, { answer: "Reports" }],
  [`GET ${site}/live`]: [
    "reader",
    "calls as they are joined, as server-sent events; `Last-Event-ID` continues after a given one",
    200,
    { types: ["text/event-stream"] },
  ],
  [`GET ${site}/deliveries`]: [
    "reader",
    "what webhooks were sent, with each attempt",
    200,
    { query: deliveriesQuery, answer: "Deliveries" },
  ],
  [`POST ${site}/deliveries/{id}/replay`]: ["admin", "sends a delivery again", 202, { answer: "Anything" }],
  [`POST ${site}/deliveries/replay`]: [
    "admin",
    "sends again all deliveries that failed since a time, or, step by step, all that were given up",
    202,
    { body: "Replay", answer: "Replayed" },
  ],
  [`GET ${site}/rejected`]: [
    "reader",
    "what Calljoin could not read, in full, with the reason",
    200,
    { query: rejectedQuery, answer: "Rejected" },
  ],
  [`POST ${site}/rejected/replay`]: [
    "admin",
    "sends refused events through their routes again, step by step",
    202,
    { body: "ReplayRejected", answer: "Replayed" },
  ],
  [`POST ${site}/rejected/{id}/replay`]: [
    "admin",
    "sends a refused event through its route again",
    200,
    { answer: "Receipt" },
  ],
  "POST /v1/session": [
    "public",
    "signs in to the console with a token, or with the key of a one-time link",
    201,
    { body: "SignIn", answer: "Session" },
  ],
  "GET /v1/session": ["reader", "who is signed in", 200, { answer: "Session" }],
  "DELETE /v1/session": ["reader", "signs out: ends every session of that token, on every collector", 204],
  "POST /v1/session/link": ["admin", "makes a link that signs in once, within an hour", 201, { answer: "Link" }],
  "GET /v1/tokens": ["admin", "the named tokens, and when each was last used", 200, { answer: "Tokens" }],
  "POST /v1/tokens": [
    "admin",
    "makes a token for a colleague or an agency and shows it once",
    201,
    { body: "NamedToken", answer: "Token" },
  ],
  "DELETE /v1/tokens/{name}": ["admin", "revokes a token; its sessions end", 204],
  "GET /v1/system": ["admin", "what the collector runs on, and its state", 200, { answer: "System" }],
  "GET /v1/seen": ["admin", "what the collector sees of this request, through proxies", 200, { answer: "Anything" }],
  "GET /livez": ["public", "whether the process is alive", 200, { answer: "Anything" }],
  "GET /readyz": ["public", "whether it can work, and if not, why", 200, { answer: "Anything" }],
  "GET /metrics": ["public", "figures for Prometheus", 200, { types: ["text/plain"] }],
  "GET /openapi.json": ["public", "this description", 200, { answer: "Anything" }],
};

/**
 * What a route demands of its caller, by Express's name for it. A route that is not described is for the operator
 * alone.
 */
export function accessOf(method: string, pattern: string): Access {
  return routeOf(method, pattern)?.[0] ?? "admin";
}

/**
 * The query parameters that a route knows, by Express's name for it (`GET /v1/sites/:site`), or null if it takes any.
 */
export function parametersOf(method: string, pattern: string): string[] | null {
  const { query } = routeOf(method, pattern)?.[3] ?? {};
  return query?.def.catchall instanceof z.ZodUnknown ? null : Object.keys(query?.shape ?? {});
}

function routeOf(method: string, pattern: string): Route | undefined {
  return ROUTES[`${method} ${pattern.replace(/:(\w+)/g, "{$1}")}`];
}
