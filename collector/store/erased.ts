/** Visitors who were erased: known by the hash of their id alone. */
import type { Kysely } from "kysely";
import { sha256 } from "./hash";
import type { CallEventRow, Tables } from "./tables";

/** What stands, before the hash, in a call event for the id of a visitor who was erased. */
export const ERASED = "erased:";

/** An event of an erased visitor. Its `event_id` stays, so that a repeat is still known as one. */
export function redacted(hash: string, eventId: string): Partial<CallEventRow> {
  return { own_id: ERASED + hash, own_is_alias: 0, url: null, canonical: eventId, body: "null" };
}

/** Which of these ids belong to erased visitors, as `site id`. */
export async function erasedIds(tx: Kysely<Tables>, ids: { site: string; id: string }[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const hashes = new Map(ids.map(({ id }) => [id, sha256(id)]));
  const found = await tx
    .selectFrom("erased")
    .select(["site", "hash"])
    .where("site", "in", [...new Set(ids.map(({ site }) => site))])
    .where("hash", "in", [...new Set(hashes.values())])
    .execute();
  const known = new Set(found.map(({ site, hash }) => `${site} ${hash}`));
  return new Set(
    ids.filter(({ site, id }) => known.has(`${site} ${hashes.get(id)}`)).map(({ site, id }) => `${site} ${id}`),
  );
}
