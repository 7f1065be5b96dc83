import { createHash } from "node:crypto";
import { isJunk } from "./context-id";
import { canonicalJson, compareBy, groupBy, isEmpty } from "./order";
import type { AcceptedEvent, Json, MergedCall, Site, Total } from "./types";

const TYPES = ["ecBasketTransactionSummary", "trPackageTransactionSummary", "fiBasketTransactionSummary"];

/** One event, read as contract 5 says. */
interface ReadEvent {
  vendor: string;
  type: string;
  transactionId: string;
  ts: number;
  unit: "s" | "ms";
  id: string | null;
  url: string;
  source: string;
  total: Total | null;
  call: { [name: string]: Json | undefined };
  revision: number;
  receivedAt: number;
  canonical: string;
}

/** "One call = one (site, vendor, type, transaction id)": every call that a site's events make, in no particular order. */
export function mergeEvents(site: Site, events: AcceptedEvent[]): MergedCall[] {
  const calls = groupBy(events.map(readEvent), (event) =>
    canonicalJson([event.vendor, event.type, event.transactionId]),
  );
  return [...calls.values()].map((ofOneCall) => mergeCall(site, ofOneCall));
}

function mergeCall(site: Site, events: ReadEvent[]): MergedCall {
  // "every other field, `total` being one, is the last non-empty one in order of (`ts`, the revision […]; where a vendor's payload says
  // nothing of its order, received-at […]; the canonical JSON of the event, RFC 8785)"
  const inOrder = events.toSorted(
    compareBy(
      (event) => event.ts,
      (event) => event.revision,
      (event) => event.receivedAt,
      (event) => event.canonical,
    ),
  );
  const first = inOrder[0];
  if (first === undefined) throw new Error("a call has at least one event");
  const newestFirst = inOrder.toReversed();

  // "a junk id counts only where no event has a better one"
  const prefixes = site.vendors?.find((vendor) => vendor.name === first.vendor)?.offline_prefixes ?? [];
  const ids = newestFirst.flatMap((event) => (event.id === null ? [] : [event.id]));
  const betterId = ids.find((id) => !isJunk(id, prefixes));

  // "the call's time T is the earliest `ts` (in whole seconds if any event at T is)"
  const T = first.ts;
  const wholeSeconds = inOrder.some((event) => event.ts === T && event.unit === "s");

  return {
    vendor: first.vendor,
    type: first.type,
    transaction: { id: first.transactionId },
    total: newestFirst.find((event) => event.total !== null)?.total ?? null,
    ts: T,
    ts_unit: wholeSeconds ? "s" : "ms",
    url: newestFirst.find((event) => event.url !== "")?.url ?? "",
    source: newestFirst.find((event) => event.source !== "")?.source ?? "",
    ...callFacts(site, newestFirst),
    own_id: betterId ?? ids[0] ?? null,
  };
}

/** "An event may have `call`: `{duration_s, answered, direction, caller, dialled}`", kept "as the site document's `keep_caller` says". */
function callFacts(site: Site, newestFirst: ReadEvent[]) {
  const last = <T extends Json>(name: string) =>
    (newestFirst.map(({ call }) => call[name]).find((value) => !isEmpty(value)) ?? null) as T | null;
  const caller = last<string>("caller");
  const keep = site.keep_caller ?? "hash";
  return {
    duration_s: last<number>("duration_s"),
    answered: last<boolean>("answered"),
    direction: "inbound" as const,
    // "lower-case hex of the SHA-256 of the E.164"
    caller_sha256: caller === null || keep === "none" ? null : createHash("sha256").update(caller).digest("hex"),
    caller: keep === "full" ? caller : null,
    dialled: last<string>("dialled"),
  };
}

function readEvent({ vendor, event, revision = 0, received_at: receivedAt = 0 }: AcceptedEvent): ReadEvent {
  const type = readType(text(at(event, "meta", "type")));
  return {
    vendor,
    type,
    // "`transaction.id` must be there; a number is read as its string."
    transactionId: text(at(event, "transaction", "id")),
    ...readTime(at(event, "meta", "ts")),
    id: text(at(event, "context", "id")) || null,
    url: text(at(event, "meta", "url")),
    source: text(at(event, "meta", "source")),
    // "The total is `basket.total` (for `tr`, `package.total` is read too), and may be absent."
    total:
      readTotal(at(event, "basket", "total")) ??
      (type === "trPackageTransactionSummary" ? readTotal(at(event, "package", "total")) : null),
    call: (at(event, "call") ?? {}) as ReadEvent["call"],
    revision,
    receivedAt,
    canonical: canonicalJson(event),
  };
}

/** "`type`: […] with or without a namespace before it (`someco.trPackage…`)." */
function readType(type: string): string {
  const found = TYPES.find((known) => type === known || type.endsWith(`.${known}`));
  if (found === undefined) throw new Error(`not a call event's type: ${type}`);
  return found;
}

/** "`ts`: 10-digit seconds or 13-digit milliseconds, number or digits in a string". Gives milliseconds and the unit found. */
function readTime(ts: Json | undefined): { ts: number; unit: "s" | "ms" } {
  const digits = text(ts);
  if (/^\d{10}$/.test(digits)) return { ts: Number(digits) * 1000, unit: "s" };
  if (/^\d{13}$/.test(digits)) return { ts: Number(digits), unit: "ms" };
  throw new Error(`not a time: ${digits}`);
}

function readTotal(total: Json | undefined): Total | null {
  const value = at(total, "value");
  if (isEmpty(value)) return null;
  return { value: Number(value), currency: text(at(total, "currency")) || null };
}

function at(value: Json | undefined, ...path: string[]): Json | undefined {
  return path.reduce<Json | undefined>(
    (inner, name) =>
      inner !== null && typeof inner === "object" && !Array.isArray(inner) && Object.hasOwn(inner, name)
        ? inner[name]
        : undefined,
    value,
  );
}

/** A value as text: a string as it is, nothing for what is empty, anything else as JSON writes it. */
function text(value: Json | undefined): string {
  if (isEmpty(value)) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
