/** What needs somebody's attention: whatever is off, silent, empty, given up or refused. */
import type { KnownSite } from "../site/registry";
import type { Store } from "../store/store";
import { readCoverage } from "./coverage";

export interface AttentionItem {
  kind: "webhook_off" | "vendor_silent" | "entity_empty" | "dead_deliveries" | "rejected";
  text: string;
  /** The console's page for it, relative to the site. */
  link: string;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A vendor is silent if it reported nothing in the last day, but something in the week before. */
const SILENT_MS = DAY_MS;
const HEARD_MS = 8 * DAY_MS;

/** Fewer views than this say nothing about an entity. */
const FEW_VIEWS = 20;

/** Count no further than this. */
const MOST = 1_000;

export async function readAttention(store: Store, known: KnownSite, now: number): Promise<AttentionItem[]> {
  const { site, document } = known;
  const items: AttentionItem[] = [];
  const add = (kind: AttentionItem["kind"], text: string, link: string) => items.push({ kind, text, link });
  for (const { name, off } of document.webhooks)
    if (off !== undefined) add("webhook_off", `The webhook ${name} is off: ${off}`, `webhooks/${name}`);

  for (const { name } of document.vendors) {
    const { last_event_at: last, events } = await store.vendorActivity(site, name, now - HEARD_MS);
    if (last === null) add("vendor_silent", `The vendor ${name} has sent nothing yet`, `vendors/${name}`);
    else if (events > 0 && last < now - SILENT_MS) {
      const hours = Math.floor((now - last) / HOUR_MS);
      add("vendor_silent", `The vendor ${name} has sent nothing for ${hours} hours`, `vendors/${name}`);
    }
  }

  for (const { name, views, with_value } of await readCoverage(store, known, now - DAY_MS))
    if (views >= FEW_VIEWS && with_value === 0)
      add("entity_empty", `The entity ${name} had no value on the last ${views} views`, `entities/${name}`);

  const dead = await store.countDeliveries(site, "dead", MOST);
  if (dead > 0)
    add("dead_deliveries", `${many(dead, "delivery was", "deliveries were")} given up`, "webhooks?state=dead");
  const refused = await store.countRejected(site, { since: now - DAY_MS }, MOST);
  if (refused > 0)
    add("rejected", `${many(refused, "event was", "events were")} refused in the last 24 hours`, "rejected");
  return items;
}

function many(count: number, one: string, more: string): string {
  if (count === 1) return `1 ${one}`;
  return `${count === MOST ? `${MOST} or more` : count} ${more}`;
}
