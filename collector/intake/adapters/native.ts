/** From a vendor's payload to a call event: what all native formats have in common. */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Total } from "../../wire/call";
import { CURRENCIES } from "../../wire/common";
import { isJunk, MINTED } from "../../wire/ids";
import type { Vendor } from "../../wire/site";
import type { Adapter, CallEvent, NativeCall, Refusal } from "./adapter";
import { type Payload, text } from "./payload";
import { readTime } from "./time";

/** Reads one payload by a vendor's adapter and by what the site document says of that vendor. */
export function readNative(adapter: Adapter, vendor: Vendor): (payload: unknown) => CallEvent | Refusal {
  return (payload) => {
    const call = adapter.read(payload as Payload);
    if (typeof call === "string") return { reason: "unknown_type", detail: call };
    const time = call.time === null ? null : readTime(call.time, vendor.timezone ?? "UTC");
    if (call.id === null || call.id.length > 512) return { reason: "invalid", detail: "the call's id is missing" };
    if (time === null) return { reason: "invalid", detail: `the call's time is ${JSON.stringify(call.time)}` };
    return {
      type: vendor.type ?? "ecBasketTransactionSummary",
      transaction_id: call.id,
      ...time,
      ...whose(adapter, vendor, payload as Payload),
      url: bounded(call.url),
      source: bounded(call.source),
      total: totalOf(call),
      revision: call.revision ?? 0,
    };
  };
}

/** The context_id, else the vendor's own id for the visitor. A field named for both holds the vendor's, unless the SDK minted it. */
function whose(adapter: Adapter, vendor: Vendor, payload: Payload): Pick<CallEvent, "own_id" | "own_is_alias"> {
  const contextFrom = vendor.context_id_from ?? adapter.contextIdFrom;
  const visitorFrom = vendor.visitor_id_from ?? adapter.visitorIdFrom;
  const given = text(payload, contextFrom)?.slice(0, 512) ?? null;
  // Vendors that carry a cookie carry ours whole: the context_id, and what else the SDK keeps there.
  const minted = MINTED.exec(given ?? "")?.[0] ?? null;
  if (minted !== null) return { own_id: minted, own_is_alias: false };
  const visitor = visitorFrom === undefined ? null : (text(payload, visitorFrom)?.slice(0, 512) ?? null);
  if (visitor !== null && (given === null || isJunk(given) || contextFrom === visitorFrom)) {
    return { own_id: visitor, own_is_alias: true };
  }
  return { own_id: given, own_is_alias: (adapter.visitorPrefixes ?? []).some((prefix) => given?.startsWith(prefix)) };
}

function bounded(value: string | null | undefined): string | null {
  return value && value.length <= 16_384 ? value : null;
}

/** `9.99`, `"£1,234.50"`, `"12,50"`; what is no number ("--", "n/a") is no total. */
function totalOf({ total, currency }: NativeCall): Total | null {
  const [, digits] = /^[^\d-]{0,4}(-?\d[\d,]*(?:\.\d+)?)[^\d]{0,4}$/.exec(total ?? "") ?? [];
  if (!digits) return null;
  const value = Number(/^-?\d+,\d{1,2}$/.test(digits) ? digits.replace(",", ".") : digits.replaceAll(",", ""));
  const code = (currency ?? "").toUpperCase();
  return { value, currency: CURRENCIES.has(code) ? code : null };
}

/** Base64 of the HMAC-SHA1 of some bytes: what the vendors that sign at all sign with. */
export function hmacSha1(secret: string, content: string | Buffer): string {
  return createHmac("sha1", secret).update(content).digest("base64");
}

/** Compares in a time that does not tell how much was right. */
export function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** A UTC time that says nothing of its zone, saying it. */
export function utc(time: string | null): string | null {
  return time === null || /^[\d.]+$|(Z|UTC|GMT|[+-]\d{2}:?\d{2})$/i.test(time) ? time : `${time}Z`;
}

/** Seconds from one written time to another, from 0; 0 where one of them is none. */
export function secondsBetween(from: string | null, to: string | null): number {
  const [a, b] = [readTime(from ?? "", "UTC"), readTime(to ?? "", "UTC")];
  return a && b ? Math.min(Math.max(Math.round((b.ts - a.ts) / 1_000), 0), 2 ** 29) : 0;
}
