/** What a receiver is sent of a call: rendered once, when the call's version is made, and sent like that however often. */
import type { Call } from "../wire/call";
import { PLACEHOLDER, parameterOf, placeholders, type Scalar } from "../wire/parameters";
import type { Webhook } from "../wire/site";
import { ga4Body } from "./ga4";
import type { Outgoing } from "./send";

export type Event = "call.matched" | "call.updated" | "call.unmatched" | "call.test";

/** A delivery's content. The rest of the request, URL and secrets, is taken from the site document when it is sent. */
export interface Rendered {
  format: Webhook["format"];
  /** The body, or for `query` what is added to the URL's query. */
  body: string;
  /** The values of the URL's placeholders. */
  fill: Record<string, string>;
}

export function render(webhook: Webhook, event: Event, call: Call): Rendered {
  const fill = placeholders(webhook.url ?? "").map((value) => [value, textOf(parameterOf(call, value))]);
  return { format: webhook.format, body: bodyOf(webhook, event, call), fill: Object.fromEntries(fill) };
}

function bodyOf({ format, parameters }: Webhook, event: Event, call: Call): string {
  const chosen = parameters.map(({ name, value }): [string, Scalar | string[] | null] => [
    name,
    parameterOf(call, value),
  ]);
  if (format === "ga4") return ga4Body(chosen, call.ts);
  const all: typeof chosen = [["event", event], ["call_id", call.id], ["version", call.version], ...chosen];
  if (format === "json") return JSON.stringify(Object.fromEntries(all));
  return new URLSearchParams(all.map(([name, value]) => [name, textOf(value)])).toString();
}

const CONTENT_TYPES = { json: "application/json", form: "application/x-www-form-urlencoded", ga4: "application/json" };

/** The request for a delivery, to where its webhook points now; still unsigned. */
export function requestOf(url: string, { format, body, fill }: Rendered): Outgoing {
  const target = new URL(url.replace(PLACEHOLDER, (_all, value: string) => encodeURIComponent(fill[value] ?? "")));
  const headers = { "User-Agent": "Calljoin" };
  if (format === "query") {
    target.search = target.search ? `${target.search}&${body}` : body;
    return { method: "GET", url: target.href, headers, body: "" };
  }
  const length = String(Buffer.byteLength(body));
  const described = { ...headers, "Content-Type": CONTENT_TYPES[format], "Content-Length": length };
  return { method: "POST", url: target.href, headers: described, body };
}

/** A value where only text goes; of none, none. */
function textOf(value: Scalar | string[] | null): string {
  return value === null ? "" : String(value);
}
