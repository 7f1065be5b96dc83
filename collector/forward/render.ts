/**
 * What a receiver is told about a call. It is rendered once, when the call's version is made, and each attempt sends
 * the same.
 */
import type { Conversion } from "../convert/conversion";
import { apiOf } from "../convert/index";
import type { Call } from "../wire/call";
import type { Outgoing } from "../wire/exchange";
import { PLACEHOLDER, parameterOf, placeholders, type Scalar } from "../wire/parameters";
import type { Webhook } from "../wire/site";
import { wellFormed } from "../wire/text";

export type Event = "call.matched" | "call.updated" | "call.unmatched" | "call.test";

/** A delivery's content. The URL and the secrets come from the site document when the request is sent. */
export interface Rendered {
  format: Webhook["format"];
  /** The body. For `query`, this is added to the URL's query. */
  body: string;
  /** The values of the URL's placeholders. */
  fill: Record<string, string>;
  /** Says that a call no longer counts. A receiver that was never told that it did gets nothing. */
  takesBack?: true;
}

/** `conversions` are the conversions that the call makes at a destination. */
export function render(webhook: Webhook, event: Event, call: Call, conversions: Conversion[] = []): Rendered {
  const fill = fillOf(placeholders(webhook.url ?? ""), call);
  return { format: webhook.format, body: bodyOf(webhook, event, call, conversions), fill };
}

/** The values that placeholders name. */
export function fillOf(asked: string[], call: Call): Rendered["fill"] {
  return Object.fromEntries(asked.map((value) => [value, textOf(parameterOf(call, value))]));
}

function bodyOf(webhook: Webhook, event: Event, call: Call, conversions: Conversion[]): string {
  const { format, parameters } = webhook;
  const api = apiOf(webhook);
  if (api) return api.body(webhook, call, conversions);
  const chosen = parameters.map(({ name, value }): [string, Scalar | string[] | null] => [
    name,
    parameterOf(call, value),
  ]);
  const all: typeof chosen = [["event", event], ["call_id", call.id], ["version", call.version], ...chosen];
  if (format === "json") return JSON.stringify(Object.fromEntries(all));
  return new URLSearchParams(all.map(([name, value]) => [name, textOf(value)])).toString();
}

const CONTENT_TYPES = { json: "application/json", form: "application/x-www-form-urlencoded" };

/**
 * The request for a webhook's delivery, to the webhook's current URL, not yet signed. Throws an error that says why it
 * cannot be made.
 */
export function requestOf(url: string, { format, body, fill }: Rendered): Outgoing {
  const target = filled(url, fill);
  const headers = { "User-Agent": "Calljoin" };
  if (format === "query") {
    target.search = target.search ? `${target.search}&${body}` : body;
    return { method: "GET", url: target.href, headers, body: "" };
  }
  const length = String(Buffer.byteLength(body));
  const described = {
    ...headers,
    "Content-Type": CONTENT_TYPES[format === "form" ? "form" : "json"],
    "Content-Length": length,
  };
  return { method: "POST", url: target.href, headers: described, body };
}

/** The webhook's URL with a call's values in it. The values must not lead to a place that the owner did not choose. */
export function filled(url: string, fill: Rendered["fill"]): URL {
  const text = url.replace(PLACEHOLDER, (_all, value: string) => {
    const said = fill[value] ?? "";
    if (said !== wellFormed(said)) throw new Error(`${value}, which the URL asks for, has half a character in it`);
    return encodeURIComponent(said);
  });
  if (!URL.canParse(text)) throw new Error("with this call's values in it, the URL is not valid");
  const target = new URL(text);
  if (target.origin !== new URL(url).origin)
    throw new Error("with this call's values in it, the URL leads to another host");
  return target;
}

/** A value where only text is allowed. Null becomes the empty text. */
function textOf(value: Scalar | string[] | null): string {
  return value === null ? "" : String(value);
}
