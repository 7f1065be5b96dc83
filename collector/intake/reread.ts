/**
 * Reads stored call events and refusals again by the current site document. Only here do changed rules meet history
 * (contract 7).
 */
import type { CallEventRow, RejectedRow } from "../store/tables";
import type { Site } from "../wire/site";
import { isFields } from "./adapters/values";
import { readEvents } from "./events";
import { rejectedRow } from "./receipt";

/**
 * An event as it would be stored if it came now, but with its old time of arrival. If it could not be read now, it
 * stays as it was read, without what the document no longer lets us keep. If its vendor is gone, it stays unchanged. An
 * erased event has nothing left to read.
 */
export function reread(row: CallEventRow, document: Site): CallEventRow {
  const vendor = document.vendors.find(({ name }) => name === row.vendor);
  if (row.body === null || !vendor) return row;
  const raw: unknown = JSON.parse(row.body);
  const [read] = readEvents({ site: row.site, vendor, document, events: [raw] });
  if (!read || "reason" in read.event) return { ...row, body: read?.body ?? row.body };
  const { event: _event, ...columns } = read.event;
  return { ...row, ...columns, body: read.body };
}

/**
 * A refusal without what the document no longer lets us keep: the caller, what a mapping calls personal, and entities
 * that it does not list. A refusal's id comes from its body (`rejectedRow`), so with less in its body it gets a new id.
 */
export function rereadRefusal(row: RejectedRow, document: Site): RejectedRow {
  const raw: unknown = JSON.parse(row.body);
  const vendor = document.vendors.find(({ name }) => name === row.vendor);
  const [read] = vendor ? readEvents({ site: row.site, vendor, document, events: [raw] }) : [];
  const body = row.route === "snapshots" ? JSON.stringify(withoutUnlisted(raw, document)) : (read?.body ?? row.body);
  if (body === row.body) return row;
  const detail = read && "reason" in read.event && read.event.reason === row.reason ? read.event.detail : row.detail;
  return rejectedRow({ ...row, body }, { reason: row.reason, detail });
}

function withoutUnlisted(envelope: unknown, { entities }: Site): unknown {
  if (!isFields(envelope) || !Array.isArray(envelope.snapshots)) return envelope;
  const names = new Set(entities.map(({ name }) => name));
  const listed = (values: object) => Object.fromEntries(Object.entries(values).filter(([name]) => names.has(name)));
  const snapshots = envelope.snapshots.map((one: unknown) =>
    isFields(one) && isFields(one.entities) ? { ...one, entities: listed(one.entities) } : one,
  );
  return { ...envelope, snapshots };
}
