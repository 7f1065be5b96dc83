/** How vendors' events are read. A native format is a document in `vendors/`; `collector/README.md` says how to add one. */
import type { Mapping } from "../../wire/mapping";
import type { Site, Vendor } from "../../wire/site";
import { cleanUnread, isUnread } from "./body";
import type { CallEvent, Refusal } from "./event";
import { idFieldsOf, kindOf, readMapped } from "./mapped";
import { countryOf } from "./phone";
import { keptPayload, keptText } from "./privacy";
import { isQProtocol, QPROTOCOL_ID, QPROTOCOL_PEOPLE, readQProtocol } from "./qprotocol";
import { isFields, readingOf } from "./values";
import * as documents from "./vendors";

export const NATIVE: ReadonlyMap<string, Mapping> = new Map(Object.entries(documents));

/** What a vendor's `adapter` may be, and whose requests are signed. */
export const ADAPTERS: readonly string[] = ["qprotocol", ...NATIVE.keys(), "custom"];
export const SIGNED: readonly string[] = [...NATIVE].flatMap(([name, { signature }]) => (signature ? [name] : []));

/** The mapping that a vendor's own format is read by; null where it speaks QProtocol. */
export function mappingOf({ adapter, mapping }: Pick<Vendor, "adapter" | "mapping">): Mapping | null {
  return adapter === "custom" ? (mapping ?? null) : (NATIVE.get(adapter) ?? null);
}

/** What a site keeps of callers; documents that were saved before it could say so keep the hash. */
type Keep = Partial<Pick<Site, "keep_caller">>;

/** How this vendor's events are read, as they are kept. QProtocol is read of every vendor, who may post it beside its own format. */
export function readerOf(vendor: Vendor, { keep_caller = "hash" }: Keep): (kept: unknown) => CallEvent | Refusal {
  const mapping = mappingOf(vendor);
  return (kept) => {
    if (mapping === null || isQProtocol(kept)) return readQProtocol(kept, keep_caller, vendor.country);
    if (!isFields(kept)) return { reason: "invalid", detail: "the body is not a call" };
    return readMapped(mapping, vendor, keep_caller, kept);
  };
}

/** The fields in which an event, as it is kept, was looked through for whose call it is; the first one that is filled counts. */
export function fieldsLookedAt(vendor: Vendor, kept: unknown): string[] {
  const mapping = mappingOf(vendor);
  return mapping === null || isQProtocol(kept) ? [QPROTOCOL_ID] : idFieldsOf(mapping, vendor);
}

/** What is kept of this vendor's events, before anything else is done with them (contract 5). */
export function keeperOf(vendor: Vendor, { keep_caller = "hash" }: Keep): (event: unknown) => unknown {
  const mapping = mappingOf(vendor);
  return (event) => {
    if (isUnread(event)) {
      const context_id = vendor.context_id_from ?? mapping?.context_id ?? "context_id";
      return cleanUnread(event, (text) => keptText(text, keep_caller, { ...mapping, context_id }));
    }
    if (!isFields(event)) return event;
    const about = mapping === null || isQProtocol(event) ? QPROTOCOL_PEOPLE : mapping;
    const kind = kindOf(about, readingOf(event, about));
    return keptPayload(
      event,
      { ...about, country: countryOf(about, vendor) },
      keep_caller,
      kind !== null && kind.is !== "inbound",
    );
  };
}
