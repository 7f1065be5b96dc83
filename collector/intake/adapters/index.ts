/** The vendors' own formats. A new one is a file here and a line below; `collector/README.md` says how. */
import type { Vendor } from "../../wire/site";
import type { Adapter, CallEvent, Refusal } from "./adapter";
import { aircall } from "./aircall";
import { callrail } from "./callrail";
import { calltrackingmetrics } from "./calltrackingmetrics";
import { infinity } from "./infinity";
import { invoca } from "./invoca";
import { readNative } from "./native";
import { readQProtocol } from "./qprotocol";
import { responsetap } from "./responsetap";
import { ringostat } from "./ringostat";
import { twilio } from "./twilio";
import { whatconverts } from "./whatconverts";

export const NATIVE: ReadonlyMap<string, Adapter> = new Map(
  Object.entries({
    infinity,
    responsetap,
    callrail,
    twilio,
    invoca,
    calltrackingmetrics,
    whatconverts,
    ringostat,
    aircall,
  }),
);

/** What a vendor's `adapter` may be. */
export const ADAPTERS: readonly string[] = ["qprotocol", ...NATIVE.keys()];

/** How this vendor's events are read. */
export function readerOf(vendor: Vendor): (event: unknown) => CallEvent | Refusal {
  const adapter = NATIVE.get(vendor.adapter);
  return adapter ? readNative(adapter, vendor) : readQProtocol;
}
