/** Checks what the shape of a site document cannot express. */
import { RE2JS } from "re2js";
import { AD_PARAMETERS } from "../wire/clicks";
import type { Fault } from "../wire/common";
import { isParameter, placeholders } from "../wire/parameters";
import type { Site, Webhook } from "../wire/site";
import { faultOfValue } from "./compile";

/**
 * The vendor formats that this collector reads. `signed` lists those that can check a secret. `isCountry` says whether
 * phone numbers can be read by the rules of a country.
 */
export interface Formats {
  adapters: readonly string[];
  signed: readonly string[];
  isCountry: (code: string) => boolean;
}

/** A document's faults, each with its path. */
export function checkSite(document: Site, formats: Formats): Fault[] {
  return [
    ...unique("entities", document.entities),
    ...unique("vendors", document.vendors),
    ...unique("webhooks", document.webhooks),
    ...unique("goals", document.goals),
    ...document.entities.flatMap((entity, index) => checkEntity(entity, `entities.${index}`, document)),
    ...document.vendors.flatMap((vendor, index) => checkVendor(vendor, `vendors.${index}`, formats)),
    ...document.webhooks.flatMap((webhook, index) => checkWebhook(webhook, `webhooks.${index}`, document)),
    ...document.goals.flatMap(({ value, currency }, index) =>
      value !== undefined && currency === undefined
        ? [{ path: `goals.${index}.currency`, message: "is required: a value needs its currency" }]
        : [],
    ),
  ];
}

/** What a document may say, although its author may not have meant it. */
export function warningsOf({ origins, entities, vendors, webhooks, goals }: Site): Fault[] {
  const open = { path: "origins", message: "is empty, so any page may send snapshots to this site" };
  const unquoted = entities.flatMap(({ type, value }, index) => {
    const text = value.trim();
    if (type !== "simple" || !WORD.test(text)) return [];
    const message = `reads the page's variable ${text}; for the text itself, write "${text}"`;
    return [{ path: `entities.${index}.value`, message }];
  });
  const unused = vendors.flatMap((vendor, index) =>
    NATIVE_ONLY.filter((field) => vendor.adapter === "qprotocol" && vendor[field] !== undefined).map((field) => ({
      path: `vendors.${index}.${field}`,
      message: "is not used, because QProtocol states it itself",
    })),
  );
  const idle = webhooks.flatMap(({ format }, index) =>
    goals.length === 0 && NEEDS[format].goals
      ? [
          {
            path: `webhooks.${index}.format`,
            message: "no call can be a conversion there, because the site has no goals",
          },
        ]
      : [],
  );
  const unlike = webhooks.flatMap(({ format, measurement_id }, index) =>
    format === "ga4" && measurement_id !== undefined && !GA4_STREAM.test(measurement_id)
      ? [
          {
            path: `webhooks.${index}.measurement_id`,
            message: "does not look like G-1A2B3C4D5E, and Google accepts any id without an error",
          },
        ]
      : [],
  );
  return [...(origins.length > 0 ? [] : [open]), ...unquoted, ...unused, ...idle, ...unlike];
}

/** Fields that describe a vendor's own format. */
const NATIVE_ONLY = ["type", "context_id_from", "visitor_id_from", "timezone"] as const;

/**
 * A variable that looks like a text with its quotes forgotten: `gold`, `Gold`. Hardly any real variable looks like
 * this.
 */
const WORD = /^[A-Za-z][a-z]+$/;

/**
 * A web stream's id. We check it because the Measurement Protocol answers 204 to a wrong one, too:
 * https://developers.google.com/analytics/devguides/collection/protocol/ga4/validating-events
 */
const GA4_STREAM = /^G-[A-Z0-9]+$/;

/** What each webhook format needs: fields, parameters, or, for an advertising platform, goals. */
const NEEDS: Record<Webhook["format"], { fields: (keyof Webhook)[]; parameters?: string[]; goals?: true }> = {
  json: { fields: ["url"] },
  form: { fields: ["url"] },
  query: { fields: ["url"] },
  ga4: { fields: ["measurement_id"], parameters: ["client_id", "session_id"] },
  google_data_manager: { fields: ["account_id", "conversion_action"], goals: true },
  meta_capi: { fields: ["pixel_id"], goals: true },
  google_ads_csv: { fields: [], goals: true },
  microsoft_ads_csv: { fields: [], goals: true },
};

function unique(list: string, items: { name: string }[]): Fault[] {
  const names = items.map(({ name }) => name);
  return names.flatMap((name, index) =>
    names.indexOf(name) === index ? [] : [{ path: `${list}.${index}.name`, message: `the name ${name} is used twice` }],
  );
}

function checkEntity(entity: Site["entities"][number], path: string, { vendors }: Site): Fault[] {
  const fault = faultOfValue(entity);
  const faults = fault === null ? [] : [{ path: `${path}.value`, message: fault }];
  const { identifies } = entity;
  if (identifies !== undefined && !vendors.some(({ name }) => name === identifies)) {
    faults.push({ path: `${path}.identifies`, message: `there is no vendor ${identifies}` });
  }
  return faults;
}

function checkVendor(vendor: Site["vendors"][number], path: string, formats: Formats): Fault[] {
  const { adapters, signed, isCountry } = formats;
  const faults = vendor.unusable.flatMap(({ matches }, index) => {
    try {
      RE2JS.compile(matches);
      return [];
    } catch (error) {
      return [
        {
          path: `${path}.unusable.${index}.matches`,
          message: `is not a valid RE2 expression: ${(error as Error).message}`,
        },
      ];
    }
  });
  const { adapter, mapping, secret, country } = vendor;
  const check = (good: boolean, at: string, message: string) => {
    if (!good) faults.push({ path: `${path}.${at}`, message });
  };
  check(adapters.includes(adapter), "adapter", `must be one of ${adapters.join(", ")}`);
  check(
    adapter !== "custom" || mapping !== undefined,
    "mapping",
    "is required: it says how to read the vendor's format",
  );
  check(adapter === "custom" || mapping === undefined, "mapping", "is used only if the adapter is custom");
  for (const [at, code] of Object.entries({ country, "mapping.country": mapping?.country }))
    check(code === undefined || isCountry(code), at, "is not a known two-letter country code; Britain's is GB");
  const isChecked = adapter === "custom" ? mapping?.signature !== undefined : signed.includes(adapter);
  check(
    !secret || isChecked,
    "secret",
    `would never be checked, because ${adapter} requests carry no signature; use the vendor's token`,
  );
  return faults;
}

/** The names that the collector itself puts into every body. */
const OWN_NAMES = ["event", "call_id", "version"];

export function checkWebhook(webhook: Webhook, path: string, document: Site): Fault[] {
  const { url, format, parameters, filter } = webhook;
  const faults: Fault[] = unique(`${path}.parameters`, parameters);
  const check = (good: boolean, at: string, message: string) => {
    if (!good) faults.push({ path: `${path}.${at}`, message });
  };
  const noValue = (value: string) => `${value} is not a value of this site; GET …/parameters lists them`;
  parameters.forEach(({ name, value }, index) => {
    check(!OWN_NAMES.includes(name), `parameters.${index}.name`, `${name} is always sent; choose another name`);
    check(isParameter(value, document.entities), `parameters.${index}.value`, noValue(value));
  });
  for (const value of placeholders(url ?? "")) check(isParameter(value, document.entities), "url", noValue(value));
  check(!/[{}]/.test((url ?? "").replace(/\?.*$/s, "")), "url", "may have {{values}} only in its query");
  for (const name of filter.vendor ?? [])
    check(has(document.vendors, name), "filter.vendor", `there is no vendor ${name}`);
  for (const name of filter.goal ?? []) check(has(document.goals, name), "filter.goal", `there is no goal ${name}`);
  const needs = NEEDS[format];
  for (const name of needs.fields) check(webhook[name] !== undefined, name, `is required for ${format}`);
  for (const name of needs.parameters ?? []) {
    const message = `${name} is required: without it GA4 shows the conversion as (not set)`;
    check(has(parameters, name), "parameters", message);
  }
  if (needs.goals) {
    parameters.forEach(({ name }, index) => {
      check(AD_PARAMETERS.includes(name), `parameters.${index}.name`, `must be one of ${AD_PARAMETERS.join(", ")}`);
    });
  }
  return faults;
}

function has(items: { name: string }[], wanted: string): boolean {
  return items.some(({ name }) => name === wanted);
}
