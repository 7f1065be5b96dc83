/** A site's vendors as they are heard of: their last event, and why the last ones were refused, or not let in. */
import { type RefusedVendors, SHOWN } from "../intake/refused";
import type { KnownSite } from "../site/registry";
import type { Store } from "../store/store";

const DAY_MS = 86_400_000;

/** Refused events of the site, among which each vendor's last ones are looked for. */
const LOOKED_AT = 1_000;

export async function readVendors(store: Store, refused: RefusedVendors, { site, document }: KnownSite, now: number) {
  await refused.flush();
  const notLetIn = await store.refusals(site);
  const events = await store.latestRefusals(site, LOOKED_AT);
  const refusalsOf = (name: string) => [
    ...(notLetIn.get(name) ?? []).toReversed(),
    ...events.flatMap(({ vendor, received_at: at, reason, detail }) => (vendor === name ? { at, reason, detail } : [])),
  ];
  const heard = document.vendors.map(({ name }) => store.vendorActivity(site, name, now - DAY_MS));
  const activity = await Promise.all(heard);
  return document.vendors.map(({ name, adapter }, index) => ({
    name,
    adapter,
    last_event_at: activity[index]?.last_event_at ?? null,
    events_24h: activity[index]?.events ?? 0,
    refused: refusalsOf(name)
      .sort((a, b) => b.at - a.at)
      .slice(0, SHOWN),
  }));
}
