/** The destinations, by the `format` of the webhook that is one. */
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

/** The destination that a webhook is; null where it is a webhook as such. */
export function destinationOf({ format }: Pick<Webhook, "format">): Destination | null {
  return DESTINATIONS[format] ?? null;
}

export function apiOf(webhook: Pick<Webhook, "format">): Api | null {
  return destinationOf(webhook)?.api ?? null;
}
