/** The destinations, by the webhook's `format`. */
import type { Webhook } from "../wire/site";
import type { Api, Destination } from "./destination";
import { googleAdsCsv, microsoftAdsCsv } from "./files";
import { ga4 } from "./ga4";
import { googleDataManager } from "./google-data-manager";
import { metaCapi } from "./meta-capi";

const DESTINATIONS: Partial<Record<Webhook["format"], Destination>> = {
  google_data_manager: googleDataManager,
  google_ads_csv: googleAdsCsv,
  microsoft_ads_csv: microsoftAdsCsv,
  meta_capi: metaCapi,
  ga4,
};

/** The destination for a webhook, or null if it is a plain webhook. */
export function destinationOf({ format }: Pick<Webhook, "format">): Destination | null {
  return DESTINATIONS[format] ?? null;
}

export function apiOf(webhook: Pick<Webhook, "format">): Api | null {
  return destinationOf(webhook)?.api ?? null;
}
