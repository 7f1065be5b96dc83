import type { Mapping } from "../../../wire/mapping";

export const asterisk: Mapping = {
  sources: [
    "docs.asterisk.org, CDR Variables and cdr_custom: start, answer, end, duration, billsec, disposition, uniqueid, linkedid, dcontext",
    "docs/vendors.md has the recipe that posts them; `start` by CDR(start,u) is epoch seconds (tried with Asterisk 22.10.1 of Debian)",
    "Unverified: FreePBX's files",
  ],
  id: ["linkedid", "uniqueid"],
  time: { from: ["start", "calldate"] },
  context_id: ["context_id", "userfield"],
  url: "url",
  source: "source",
  duration: { from: "duration" },
  answered: [{ from: "disposition" }, { from: "billsec", values: { "*": true } }],
  direction: { from: "direction" },
  caller: ["caller", "src"],
  dialled: ["did", "dnid", "dst"],
  revision: { from: "billsec" },
  personal: ["clid"],
};
