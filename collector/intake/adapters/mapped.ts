/** From a vendor's payload to a call event, by the vendor's mapping. */
import { CURRENCIES } from "../../wire/common";
import { isJunk, MINTED } from "../../wire/ids";
import type { Field, Mapping, TimeRule } from "../../wire/mapping";
import type { Vendor } from "../../wire/site";
import { readAmount } from "./amount";
import type { CallEvent, Refusal } from "./event";
import { countryOf, phoneOf } from "./phone";
import { callerOf, type KeepCaller, saidOfCaller } from "./privacy";
import { readDuration, readTime, type Time } from "./time";
import {
  find,
  holds,
  isFields,
  lookUp,
  type Payload,
  type Reading,
  readingOf,
  sourcesOf,
  text,
  textOf,
} from "./values";

/** Reads one payload, as it is kept, by a mapping and by what the site document says of the vendor. */
export function readMapped(mapping: Mapping, vendor: Vendor, keep: KeepCaller, payload: Payload): CallEvent | Refusal {
  const reading = readingOf(payload, mapping);
  const country = countryOf(mapping, vendor);
  const type = vendor.type ?? "ecBasketTransactionSummary";
  const id = text(reading, mapping.id);
  const of = id === null ? {} : { of: { type, transaction_id: id } };
  const other = noCall(mapping, reading);
  if (other !== null) return { reason: "unknown_type", detail: other, ...of };
  const invalid = (detail: string): Refusal => ({ reason: "invalid", detail, ...of });
  if (id === null || id.length > 512) return invalid("the call's id is missing");
  const duration_s = durationOf(mapping, reading);
  const time = startOf(mapping, reading, vendor.timezone ?? "UTC", duration_s);
  if (typeof time === "string") return invalid(`the call's time ${time}`);
  const total = totalOf(mapping, reading);
  if (typeof total === "string") return invalid(total);
  return {
    type,
    transaction_id: id,
    ...time,
    ...whose(mapping, vendor, reading),
    url: bounded(text(reading, mapping.url)),
    source: bounded(text(reading, mapping.source)),
    total,
    duration_s,
    answered: tell(mapping.answered, OUTCOMES, reading)?.is ?? null,
    ...callerOf(saidOfCaller(reading, mapping.caller), keep, country),
    dialled: phoneOf(text(reading, mapping.dialled), country),
    revision: revisionOf(mapping, reading, time.ts),
  };
}

/** Why a payload is no inbound phone call; null where it is one. */
function noCall({ only = [], not = [], ...mapping }: Mapping, reading: Reading): string | null {
  const kind = kindOf(mapping, reading);
  if (kind === null || kind.is === "inbound") {
    const failed =
      only.find((condition) => !holds(reading, condition)) ?? not.find((condition) => holds(reading, condition));
    return failed ? `${[failed.at].flat()[0]}: ${JSON.stringify(text(reading, failed.at))} is not a call` : null;
  }
  const said = textOf(kind.said) ?? "";
  const word = /^[\w -]{1,40}$/.test(said) ? ` ${JSON.stringify(said)}` : "";
  return `${nameOf(kind.from)}${word} is ${kind.is}, not an inbound phone call`;
}

/** Words that say the same with most vendors. */
const KINDS = {
  ...{ form: "form", chat: "chat", whatsapp: "chat", email: "mail", "e-mail": "mail", fax: "fax" },
  ...{ text: "text", sms: "text", mms: "text", msg: "text", message: "text" },
};
const DIRECTIONS: Record<string, string> = {
  ...{ in: "inbound", inbound: "inbound", incoming: "inbound", "out*": "outbound", "internal*": "internal" },
  // Alone, or as `webform`, `inbound_sms`.
  ...Object.fromEntries(
    Object.entries(KINDS).flatMap(([word, kind]) =>
      ["", "web", "inbound", "incoming"].flatMap((before) =>
        ["", " ", "_", "-"].map((between) => [`${before}${between}${word}*`, kind]),
      ),
    ),
  ),
};
const ANSWERED = ["true", "yes", "y", "1", "answer", "answered*", "completed", "in-progress"];
const UNANSWERED = [
  ...["false", "no", "n", "0", "not*", "no *", "no-*", "no_*", "noanswer", "missed*", "unanswered*", "busy*"],
  ...["fail*", "cancel*", "rejected", "timeout", "voicemail*", "abandoned*", "congestion"],
];
const OUTCOMES: Record<string, boolean> = Object.fromEntries([
  ...ANSWERED.map((word) => [word, true] as const),
  ...UNANSWERED.map((word) => [word, false] as const),
]);

/** What the first of these rules says that says anything, and where. */
function tell<T>(one: Said<T> | Said<T>[] | undefined, usual: Record<string, T>, reading: Reading) {
  for (const { from, values } of rules(one)) {
    const said = find(reading, from);
    const is = said === null ? undefined : lookUp(values ?? usual, usual, textOf(said) ?? "");
    if (is !== undefined) return { is, said, from };
  }
  return null;
}

/** What kind of event a payload is about, `inbound` or another, and what says so; null where nothing does. */
export function kindOf({ direction }: Pick<Mapping, "direction">, reading: Reading) {
  return tell(direction, DIRECTIONS, reading);
}

function nameOf(field: Mapping["id"]): string {
  return namesOf(field)[0] ?? "event";
}

/** A field's places as its vendor knows them. */
function namesOf(field: Field | undefined): string[] {
  return sourcesOf(field).flatMap(({ path, header, query }) => {
    return path ?? (header && `header ${header}`) ?? (query && `?${query}=`) ?? [];
  });
}

type Said<T> = { from: Field; values?: Record<string, T> | undefined };

function rules<T>(one: T | T[] | undefined): T[] {
  return one === undefined ? [] : Array.isArray(one) ? one : [one];
}

/** The call's start; as text, what is wrong with it. */
function startOf(mapping: Mapping, reading: Reading, vendorZone: string, duration: number | null): Time | string {
  let unread = "is missing";
  for (const rule of rules<TimeRule>(mapping.time)) {
    const written = [...(rule.date === undefined ? [] : [text(reading, rule.date)]), text(reading, rule.from)];
    if (written.includes(null)) continue;
    const zone = typeof rule.zone === "object" ? text(reading, rule.zone.path) : rule.zone;
    const time = readTime(written.join(" "), zone ?? vendorZone, rule.format);
    // An end after so long a call is told in seconds, as the length is.
    if (time) return rule.is === "end" ? { ...time, ts: time.ts - (duration ?? 0) * 1_000 } : time;
    unread = `cannot be read: ${JSON.stringify(written.join(" "))}`;
  }
  return unread;
}

function durationOf({ duration }: Mapping, reading: Reading): number | null {
  const said = text(reading, duration?.from) ?? "";
  if (!duration?.since) return readDuration(said, duration?.unit);
  const [from, to] = [readTime(text(reading, duration.since) ?? "", "UTC"), readTime(said, "UTC")];
  return from && to && to.ts >= from.ts ? Math.floor((to.ts - from.ts) / 1_000) : null;
}

function totalOf({ total }: Mapping, reading: Reading): CallEvent["total"] | string {
  if (total === undefined) return null;
  const said = find(reading, total.from);
  const value = typeof said === "number" ? said : readAmount(textOf(said) ?? "", total.decimal);
  if (value === null) return null;
  const digits = total.minor_digits ?? 0;
  // Who writes cents writes no part of one: `49,90` is not 50 of them.
  if (value === undefined || (digits > 0 && !Number.isInteger(value)))
    return `${nameOf(total.from)}: ${JSON.stringify(said)} is not an amount, or is ambiguous`;
  const code = (text(reading, total.currency) ?? "").toUpperCase();
  return {
    value: digits === 0 ? value : Number((value / 10 ** digits).toFixed(digits)),
    currency: CURRENCIES.has(code) ? code : null,
  };
}

/** A sum, so that a post-call goes before a pre-call and its amendments before both. */
function revisionOf({ revision }: Mapping, reading: Reading, start: number): number {
  const parts = rules(revision).map(({ from, as, values }) => {
    const said = text(reading, from);
    if (said === null) return 0;
    if (values) return lookUp(values, {}, said) ?? 0;
    const time = as === "time" ? readTime(said, "UTC") : null;
    const number = as === "time" ? ((time?.ts ?? start) - start) / 1_000 : Number(said);
    return number > 0 && number < 2 ** 29 ? Math.round(number) : 0;
  });
  return Math.min(
    parts.reduce((sum, part) => sum + part, 0),
    2 ** 30,
  );
}

/** Where a payload says whose call it is: the field of the context_id, and that of the vendor's own id for the visitor. */
function idFields(mapping: Mapping, vendor: Vendor): (Field | undefined)[] {
  return [vendor.context_id_from ?? mapping.context_id ?? "context_id", vendor.visitor_id_from ?? mapping.visitor_id];
}

/** Their names, for who asks why a call was not matched. */
export function idFieldsOf(mapping: Mapping, vendor: Vendor): string[] {
  return [...new Set(idFields(mapping, vendor).flatMap(namesOf))];
}

/** The context_id, else the vendor's own id for the visitor. A field named for both holds the vendor's, unless the SDK minted it. */
function whose(mapping: Mapping, vendor: Vendor, reading: Reading): Pick<CallEvent, "own_id" | "own_is_alias"> {
  const [contextFrom, visitorFrom] = idFields(mapping, vendor);
  const there = find(reading, contextFrom);
  // Vendors that carry a cookie carry ours whole, or among others; what the SDK minted is unmistakable wherever it stands.
  const minted = MINTED.exec(textsIn(there).join("\n"))?.[0] ?? null;
  if (minted !== null) return { own_id: minted, own_is_alias: false };
  const given = textOf(there)?.slice(0, 512) ?? null;
  const visitor = text(reading, visitorFrom)?.slice(0, 512) ?? null;
  if (visitor !== null && (given === null || isJunk(given) || contextFrom === visitorFrom))
    return { own_id: visitor, own_is_alias: true };
  return { own_id: given, own_is_alias: (mapping.visitor_prefixes ?? []).some((prefix) => given?.startsWith(prefix)) };
}

/** All that a value says, however deep, and the names by which it says it. */
function textsIn(value: unknown): string[] {
  if (!isFields(value)) return [String(value)];
  return Object.entries(value).flatMap(([name, inner]) => [name, ...textsIn(inner)]);
}

function bounded(value: string | null): string | null {
  return value && value.length <= 16_384 ? value : null;
}
