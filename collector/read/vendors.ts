/** What we have heard of a site's vendors: their last event, and why the latest requests were refused or not let in. */
import type { RefusedVendors } from "../intake/refused";
import type { KnownSite } from "../site/registry";
import { REFUSALS } from "../store/sites";
import type { Store } from "../store/store";

const DAY_MS = 86_400_000;

export async function readVendors(store: Store, refused: RefusedVendors, { site, document }: KnownSite, now: number) {
  await refused.flush();
  const notLetIn = await store.refusals(site);
  const heard = document.vendors.map(async ({ name, adapter }) => {
    const { last_event_at, events } = await store.vendorActivity(site, name, now - DAY_MS);
    const rejected = await store.latestRefusals(site, name, REFUSALS);
    const all = [
      ...(notLetIn.get(name) ?? []).toReversed(),
      ...rejected.map(({ received_at: at, reason, detail }) => ({ at, reason, detail })),
    ];
    return {
      name,
      adapter,
      last_event_at,
      events_24h: events,
      refused: all.sort((a, b) => b.at - a.at).slice(0, REFUSALS),
    };
  });
  return Promise.all(heard);
}
