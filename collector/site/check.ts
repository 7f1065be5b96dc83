/** What a site document's shape cannot say. */
import { RE2JS } from "re2js";
import type { Fault } from "../wire/common";
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
