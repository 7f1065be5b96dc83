/**
 * The files that Google Ads and Microsoft Advertising fetch on a schedule. Sources:
 * - https://support.google.com/google-ads/answer/7014069 (columns; each time may carry its zone:
 *   `2012-08-14 13:00:00+0500`)
 * - https://support.google.com/google-ads-data-manager/answer/14184381 (the first line holds the names of the columns)
 * - https://experienceleague.adobe.com/en/docs/advertising/search-social-commerce/admin/conversion-metrics/conversions-upload-data
 *   (Google's columns for consent: `Granted`, `Denied` or nothing)
 * - https://learn.microsoft.com/en-us/advertising/msa-help/hlp_ba_conc_uetv2offlineconversion (of 18 June 2026:
 *   columns, times, the zone's line, restating and retracting, 100,000 rows)
 * Unverified: how many rows Google reads, and how Microsoft's templates order and title the columns that its page
 * names. Checking either needs an account.
 */
import { adConversions, type Conversion } from "./conversion";
import type { Destination } from "./destination";

/** Both platforms take a conversion until this long after the last click. */
const MAX_AGE_MS = 90 * 86_400_000;
/** Half of what Microsoft reads at once. */
const MOST_ROWS = 50_000;
const UTC = ["Parameters:TimeZone=+0000"];

export const googleAdsCsv: Destination = {
  // The file's columns have no place for gbraid and wbraid.
  eligible: adConversions(["gclid"], MAX_AGE_MS, "click"),
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
  eligible: adConversions(["msclkid"], MAX_AGE_MS, "click"),
  file: {
    head: [
      UTC,
      ["Microsoft Click ID", "Conversion Name", "Conversion Time", "Conversion Value", "Conversion Currency"],
    ],
    row: ({ name, call, clicks, value }) => [clicks.msclkid ?? "", name, utc(call.ts), ...microsoftAmount(value)],
    mostRows: MOST_ROWS,
    adjustments: {
      head: [
        UTC,
        [
          "Microsoft Click ID",
          "Conversion Name",
          "Conversion Time",
          "Adjustment Value",
          "Adjustment Currency",
          "Adjustment Type",
          "Adjustment Time",
        ],
      ],
      row: ({ click_id, name, ts, at, value }) =>
        click_id === null
          ? null
          : [click_id, name, utc(ts), ...microsoftAmount(value), value ? "Restate" : "Retract", utc(at)],
      click: "msclkid",
    },
  },
};

/** `2026-11-27 05:00:00`, in UTC. */
function utc(at: number): string {
  return new Date(at).toISOString().slice(0, 19).replace("T", " ");
}

function amount(value: Conversion["value"]): [string, string] {
  return value ? [String(value.value), value.currency] : ["", ""];
}

/** At most three decimals, and never below 0. */
function microsoftAmount(value: Conversion["value"]): [string, string] {
  return amount(value && { ...value, value: Math.max(0, Math.round(value.value * 1_000) / 1_000) });
}

function granted(given: boolean | null): string {
  return given === null ? "" : given ? "Granted" : "Denied";
}
