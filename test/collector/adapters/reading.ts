/** Payloads read as a site with one vendor reads them. */
import { keeperOf, readerOf } from "../../../collector/intake/adapters";
import type { CallEvent, Refusal } from "../../../collector/intake/adapters/event";
import { siteSchema, type Vendor } from "../../../collector/wire/site";

export const CONTEXT = "6o2diu81w9o-0irxltk5b-u9t1cv4";
export const KEEP = { keep_caller: "hash" } as const;

export function vendor(adapter: string, more: object = {}): Vendor {
  const [made] = siteSchema.parse({ name: "Shop", vendors: [{ name: "v", adapter, ...more }] }).vendors;
  if (!made) throw new Error("no vendor");
  return made;
}

export function refusedOrRead(adapter: string, payload: object, more: object = {}): CallEvent | Refusal {
  const from = vendor(adapter, more);
  return readerOf(from, KEEP)(keeperOf(from, KEEP)(payload));
}

export function read(adapter: string, payload: object, more: object = {}): CallEvent {
  const event = refusedOrRead(adapter, payload, more);
  if ("reason" in event) throw new Error(event.detail);
  return event;
}

/** A payload with another value under a path. */
export function with_(payload: object, path: string, value: unknown): object {
  const [head = "", ...rest] = path.split(".");
  const inner = (payload as Record<string, object>)[head] ?? {};
  return { ...payload, [head]: rest.length === 0 ? value : with_(inner, rest.join("."), value) };
}
