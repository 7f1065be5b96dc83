/** What a site document's shape cannot say. */
import { RE2JS } from "re2js";
import type { Fault } from "../wire/common";
import { isParameter, placeholders } from "../wire/parameters";
import type { Site } from "../wire/site";
import { faultOfValue } from "./compile";

/** The faults of a document, each with its path. `adapters` are the vendor formats that this collector reads. */
export function checkSite(document: Site, adapters: readonly string[]): Fault[] {
  return [
    ...unique("entities", document.entities),
    ...unique("vendors", document.vendors),
    ...unique("webhooks", document.webhooks),
    ...unique("goals", document.goals),
    ...document.entities.flatMap((entity, index) => checkEntity(entity, `entities.${index}`, document)),
    ...document.vendors.flatMap((vendor, index) => checkVendor(vendor, `vendors.${index}`, adapters)),
    ...document.webhooks.flatMap((webhook, index) => checkWebhook(webhook, `webhooks.${index}`, document)),
  ];
}

function unique(list: string, items: { name: string }[]): Fault[] {
  const names = items.map(({ name }) => name);
  return names.flatMap((name, index) =>
    names.indexOf(name) === index ? [] : [{ path: `${list}.${index}.name`, message: `${name} is there twice` }],
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

function checkVendor(vendor: Site["vendors"][number], path: string, adapters: readonly string[]): Fault[] {
  const faults = vendor.unusable.flatMap(({ matches }, index) => {
    try {
      RE2JS.compile(matches);
      return [];
    } catch (error) {
      return [
        { path: `${path}.unusable.${index}.matches`, message: `is no RE2 expression: ${(error as Error).message}` },
      ];
    }
  });
  if (!adapters.includes(vendor.adapter)) {
    faults.push({ path: `${path}.adapter`, message: `must be one of ${adapters.join(", ")}` });
  }
  return faults;
}

/** What the collector itself puts into every body. */
const OWN_NAMES = ["event", "call_id", "version"];

function checkWebhook(webhook: Site["webhooks"][number], path: string, document: Site): Fault[] {
  const { url, format, parameters, filter, measurement_id } = webhook;
  const faults: Fault[] = unique(`${path}.parameters`, parameters);
  const check = (good: boolean, at: string, message: string) => {
    if (!good) faults.push({ path: `${path}.${at}`, message });
  };
  const noValue = (value: string) => `${value} is no value of this site: GET …/parameters lists them`;
  parameters.forEach(({ name, value }, index) => {
    check(!OWN_NAMES.includes(name), `parameters.${index}.name`, `${name} is always sent, and not yours to set`);
    check(isParameter(value, document.entities), `parameters.${index}.value`, noValue(value));
  });
  for (const value of placeholders(url ?? "")) check(isParameter(value, document.entities), "url", noValue(value));
  check(!/[{}]/.test((url ?? "").replace(/\?.*$/s, "")), "url", "can hold {{values}} in its query only");
  for (const name of filter.vendor ?? [])
    check(has(document.vendors, name), "filter.vendor", `there is no vendor ${name}`);
  for (const name of filter.goal ?? []) check(has(document.goals, name), "filter.goal", `there is no goal ${name}`);
  if (format !== "ga4") check(url !== undefined, "url", "is needed");
  else {
    check(measurement_id !== undefined, "measurement_id", "is needed for GA4");
    for (const name of ["client_id", "session_id"]) {
      check(has(parameters, name), "parameters", `${name} is needed: GA4 shows the conversion as (not set) without it`);
    }
  }
  return faults;
}

function has(items: { name: string }[], wanted: string): boolean {
  return items.some(({ name }) => name === wanted);
}
