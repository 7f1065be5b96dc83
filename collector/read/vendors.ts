/** A site's vendors as they are heard of: their last event, and why the last ones were not let in. */
import type { RefusedVendors } from "../intake/refused";
import type { KnownSite } from "../site/registry";
import type { Store } from "../store/store";

const DAY_MS = 86_400_000;

export async function readVendors(store: Store, refused: RefusedVendors, { site, document }: KnownSite, now: number) {
  await refused.flush();
  const refusals = await store.refusals(site);
  const heard = document.vendors.map(({ name }) => store.vendorActivity(site, name, now - DAY_MS));
  const activity = await Promise.all(heard);
  return document.vendors.map(({ name, adapter }, index) => ({
    name,
    adapter,
    last_event_at: activity[index]?.last_event_at ?? null,
    events_24h: activity[index]?.events ?? 0,
    refused: [...(refusals.get(name) ?? [])].reverse(),
  }));
}
