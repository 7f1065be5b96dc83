/**
 * The files that Google Ads and Microsoft Advertising fetch on a schedule. Sources:
 * - https://support.google.com/google-ads/answer/7014069 (columns; the zone may stand with each time: `2012-08-14 13:00:00+0500`)
 * - https://support.google.com/google-ads-data-manager/answer/14184381 (the first line holds the names of the columns)
 * - https://learn.microsoft.com/en-us/advertising/bulk-service/offline-conversion (which fields, and what counts as the same conversion)
 * Unverified, as their pages can't be read without an account: the template of Microsoft's import (the zone's line and the columns are as public
 * programs write them), Google's columns for consent, and how many rows each reads.
 */
import { adConversions, type Conversion } from "./conversion";
import type { Destination } from "./destination";

const MAX_AGE_MS = 90 * 86_400_000;
const MOST_ROWS = 50_000;

export const googleAdsCsv: Destination = {
  // Its columns have no place for gbraid and wbraid.
  eligible: adConversions(["gclid"], MAX_AGE_MS),
  file: {
    head: [
      [
        "Google Click ID",
        "Conversion Name",
        "Conversion Time",
        "Conversion Value",
        "Conversion Currency",
        "Order ID",
        "Ad User Data",
        "Ad Personalization",
      ],
    ],
    row: ({ name, call, clicks, value, consent }) => [
      clicks.gclid ?? "",
      name,
      `${utc(call.ts)}+0000`,
      ...amount(value),
      call.transaction.id,
      granted(consent.ad_user_data),
      granted(consent.ad_personalization),
    ],
    mostRows: MOST_ROWS,
    adjustments: {
      head: [
        [
          "Order ID",
          "Conversion Name",
          "Adjustment Time",
          "Adjustment Type",
          "Adjusted Value",
          "Adjusted Value Currency",
        ],
      ],
      row: ({ transaction_id, name, at, value }) => [
        transaction_id,
        name,
        `${utc(at)}+0000`,
        value ? "RESTATE" : "RETRACT",
        ...amount(value),
      ],
    },
  },
};

export const microsoftAdsCsv: Destination = {
  eligible: adConversions(["msclkid"], MAX_AGE_MS),
  file: {
    head: [
      ["Parameters:TimeZone=+0000"],
      ["Microsoft Click ID", "Conversion Name", "Conversion Time", "Conversion Value", "Conversion Currency"],
    ],
    row: ({ name, call, clicks, value }) => [clicks.msclkid ?? "", name, utc(call.ts), ...amount(value)],
    mostRows: MOST_ROWS,
  },
};

/** `2026-11-27 05:00:00`, in UTC. */
function utc(at: number): string {
  return new Date(at).toISOString().slice(0, 19).replace("T", " ");
}

function amount(value: Conversion["value"]): [string, string] {
  return value ? [String(value.value), value.currency] : ["", ""];
}

function granted(given: boolean | null): string {
  return given === null ? "" : given ? "Granted" : "Denied";
}
