/** QProtocol's transaction summaries, which call-tracking vendors post (contract 5). */
import { z } from "zod";
import { CURRENCIES, faultText, type SummaryType } from "../../wire/common";
import { MINTED_COOKIE } from "../../wire/ids";
import { SUMMARY_TYPES } from "../../wire/lists";
import { type CallEvent, notTooMany, type Refusal } from "./event";
import { phoneOf } from "./phone";
import { callerOf, type KeepCaller, type People } from "./privacy";
import { isFields } from "./values";

const text = z.string().max(16_384);

/** A number or its digits, as vendors send both; blank is none. */
const amount = z
  .union(
    [z.number(), z.string().regex(/^(-?\d{1,15}(\.\d+)?)?$/, "must be a number, with a point if any")],
    "must be a number",
  )
  .transform((value) => (value === "" ? null : Number(value)))
  .nullish();

const total = z
  .object({
    value: amount,
    currency: z
      .string()
      .transform((code) => code.toUpperCase())
      .refine((code) => code === "" || CURRENCIES.has(code), "must be a currency code of ISO 4217")
      .nullish(),
  })
  .nullish();

const transactionId = z.union(
  [z.string().trim().min(1).max(512), z.int().transform(String)],
  "must be a string that is not empty, or a whole number",
);

const STAMP = "must be epoch seconds (10 digits) or milliseconds (13 digits), as a number or a string";
const stamp = z
  .union([z.number().transform(String), z.string()], STAMP)
  .refine((digits) => /^(\d{10}|\d{13})$/.test(digits), STAMP);

const number = z.string().max(200).nullish();

const call = z
  .object({
    duration_s: z
      .union([z.int().min(0), z.string().regex(/^\d*$/)], "must be whole seconds")
      .transform((value) => (value === "" ? null : Number(value)))
      .nullish(),
    answered: z
      .union([z.boolean(), z.enum(["true", "false", ""])], "must be true, false or null")
      .transform((value) => (value === "" ? null : String(value) === "true"))
      .nullish(),
    direction: z.string().max(200).nullish(),
    caller: number.meta({ description: "E.164; null where it was withheld" }),
    dialled: number,
  })
  .nullish();

export const qprotocolEvent = z.object({
  context: z.object({ id: z.unknown().optional() }).nullish().catch(null),
  meta: z.object({ type: z.string(), ts: stamp, url: text.nullish(), source: text.nullish() }),
  basket: z.object({ total }).nullish(),
  package: z.object({ total }).nullish(),
  transaction: z.object({ id: transactionId }),
  call,
});
type QProtocolEvent = z.infer<typeof qprotocolEvent>;

/** What of an event that cannot be read says which call it is of. */
const refusedEvent = z.object({
  meta: z.object({ type: z.string() }),
  transaction: z.object({ id: transactionId }),
});

/** Where an event says whose call it is. */
export const QPROTOCOL_ID = "context.id";

/** Where an event says who called whom. */
export const QPROTOCOL_PEOPLE: People = {
  caller: "call.caller",
  dialled: "call.dialled",
  direction: { from: "call.direction", values: { inbound: "inbound", "*": "outbound" } },
};

/** Whether something looks like an event of QProtocol. */
export function isQProtocol(event: unknown): boolean {
  const { meta, transaction } = (isFields(event) ? event : {}) as Record<string, unknown>;
  return isFields(meta) && typeof meta.type === "string" && isFields(transaction);
}

/** A body: `{"events": [...]}` or the bare array. Null where it is neither. Throws a 400 for too many. */
export function eventsOf(body: unknown): unknown[] | null {
  const { events } = (typeof body === "object" && body ? body : {}) as { events?: unknown };
  const list = Array.isArray(body) ? body : events;
  return Array.isArray(list) ? notTooMany(list) : null;
}

/** Reads one event. */
export function readQProtocol(event: unknown, keep: KeepCaller, country?: string): CallEvent | Refusal {
  const parsed = qprotocolEvent.safeParse(event);
  if (!parsed.success) {
    return { reason: "invalid", detail: faultText(parsed.error, "event"), ...callIn(event) };
  }
  const { context, meta, transaction } = parsed.data;
  const type = summaryTypeOf(meta.type);
  if (!type)
    return {
      reason: "unknown_type",
      detail: `meta.type: ${JSON.stringify(meta.type)} is not one of ${SUMMARY_TYPES.join(", ")}`,
    };
  const { direction, duration_s, answered, caller, dialled } = parsed.data.call ?? {};
  if (direction && direction !== "inbound") {
    return {
      reason: "unknown_type",
      detail: `call.direction is ${direction}, not an inbound phone call`,
      ...callIn(event),
    };
  }
  const seconds = meta.ts.length === 10;
  return {
    type,
    transaction_id: transaction.id,
    ts: Number(meta.ts) * (seconds ? 1_000 : 1),
    ts_unit: seconds ? "s" : "ms",
    own_id: ownId(context?.id),
    own_is_alias: false,
    url: meta.url || null,
    source: meta.source || null,
    total: totalOf(type, parsed.data),
    duration_s: duration_s ?? null,
    answered: answered ?? null,
    ...callerOf(caller ?? null, keep, country),
    dialled: phoneOf(dialled ?? null, country),
    revision: 0,
  };
}

/** Which call an event that cannot be read is of, where it says so. */
function callIn(event: unknown): Pick<Refusal, "of"> {
  const said = refusedEvent.safeParse(event).data;
  const type = said && summaryTypeOf(said.meta.type);
  return type ? { of: { type, transaction_id: said.transaction.id } } : {};
}

/** The type without the namespace that may stand before it (`someco.trPackage…`). */
function summaryTypeOf(type: string): SummaryType | null {
  const bare = type.slice(type.lastIndexOf(".") + 1);
  return SUMMARY_TYPES.find((known) => known === bare) ?? null;
}

/**
 * The id as text, a number as its digits. A vendor that hands on the whole cookie means the id at its head. Anything else is kept as its JSON
 * in parentheses, which no context_id can have: it is junk.
 */
function ownId(id: unknown): string | null {
  if (id === undefined || id === null || id === "") return null;
  if (typeof id === "number") return String(id);
  const [, minted] = (typeof id === "string" && MINTED_COOKIE.exec(id)) || [];
  if (minted) return minted;
  return typeof id === "string" ? id.slice(0, 512) : `(${JSON.stringify(id)})`.slice(0, 512);
}

function totalOf(type: SummaryType, event: QProtocolEvent): CallEvent["total"] {
  const candidates = type === "trPackageTransactionSummary" ? [event.basket, event.package] : [event.basket];
  for (const candidate of candidates) {
    const value = candidate?.total?.value;
    if (value !== undefined && value !== null) return { value, currency: candidate?.total?.currency || null };
  }
  return null;
}
