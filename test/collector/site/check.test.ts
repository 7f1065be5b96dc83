import { describe, expect, it } from "vitest";
import { isCountry } from "../../../collector/intake/adapters/phone";
import { checkSite, warningsOf } from "../../../collector/site/check";
import { faults } from "../../../collector/wire/common";
import { siteSchema } from "../../../collector/wire/site";

const check = (changes: Record<string, unknown>) =>
  checkSite(siteSchema.parse({ name: "Shop", ...changes }), { adapters: ["qprotocol"], signed: [], isCountry });
const shape = (document: unknown) => {
  const parsed = siteSchema.safeParse(document);
  return parsed.success ? [] : faults(parsed.error).map(({ path }) => path);
};
const entity = { name: "a", type: "simple", scope: "session", value: "a" };

describe("a site document", () => {
  it("names no country that there is not, as UK", () => {
    const vendors = ["GB", "UK", "XX"].map((country, index) => ({ name: `v${index}`, country }));
    expect(check({ vendors }).map(({ path }) => path)).toEqual(["vendors.1.country", "vendors.2.country"]);
  });

  it("is warned of where it says what QProtocol says itself", () => {
    const said = {
      timezone: "Europe/Kyiv",
      context_id_from: "a",
      visitor_id_from: "b",
      type: "trPackageTransactionSummary",
    };
    const vendors = [
      { name: "q", ...said },
      { name: "own", adapter: "infinity", ...said },
    ];
    const site = siteSchema.parse({ name: "Shop", origins: ["https://shop.example"], vendors });
    expect(
      warningsOf(site)
        .map(({ path }) => path)
        .sort(),
    ).toEqual(
      Object.keys(said)
        .map((field) => `vendors.0.${field}`)
        .sort(),
    );
  });

  it("names a webhook's URL whose user or password has a bare %, which no request can be made to", () => {
    const at = (url: string) => shape({ name: "Shop", webhooks: [{ name: "crm", url }] });
    expect(at("http://user:100%sure@crm.example/")).toEqual(["webhooks.0.url"]);
    expect(at("http://100%:41@crm.example/")).toEqual(["webhooks.0.url"]);
    expect(at("http://user:100%25sure@crm.example/?rate=100%")).toEqual([]);
    expect(at("crm")).toEqual(["webhooks.0.url"]);
  });

  it("needs nothing but a name", () => {
    expect(siteSchema.parse({ name: "Shop" })).toMatchObject({
      origins: [],
      entities: [],
      vendors: [],
      consent: "not_required",
      window_days: 30,
      retention_days: 395,
    });
  });

  it.each([
    ["no name", {}, ""],
    ["an unknown key", { name: "x", entites: [] }, ""],
    ["an origin with a path", { name: "x", origins: ["https://shop.example/"] }, "origins.0"],
    ["an entity's name that is none", { name: "x", entities: [{ ...entity, name: "1a" }] }, "entities.0.name"],
    [
      "an entity's name that reaches into objects",
      { name: "x", entities: [{ ...entity, name: "__proto__" }] },
      "entities.0.name",
    ],
    ["a scope that is none", { name: "x", entities: [{ ...entity, scope: "page" }] }, "entities.0.scope"],
    ["a value that is no text", { name: "x", entities: [{ ...entity, value: 42 }] }, "entities.0.value"],
    ["a webhook's URL that is none", { name: "x", webhooks: [{ name: "a", url: "ftp://x" }] }, "webhooks.0.url"],
    [
      "a rule over no field",
      { name: "x", vendors: [{ name: "v", unusable: [{ field: "caller", matches: "x" }] }] },
      "vendors.0.unusable.0.field",
    ],
    ["a window of no days", { name: "x", window_days: 0 }, "window_days"],
  ])("is refused with the path of %s", (_name, document, path) => {
    expect(shape(document).some((found) => found.startsWith(path))).toBe(true);
    expect(shape(document)).not.toEqual([]);
  });

  it.each([
    ["two entities of one name", { entities: [entity, entity] }, "entities.1.name"],
    ["two vendors of one name", { vendors: [{ name: "v" }, { name: "v" }] }, "vendors.1.name"],
    ["a value that is no expression", { entities: [{ ...entity, value: "a b" }] }, "entities.0.value"],
    ["an entity that identifies nobody", { entities: [{ ...entity, identifies: "x" }] }, "entities.0.identifies"],
    ["a vendor whose format is not read", { vendors: [{ name: "v", adapter: "fax" }] }, "vendors.0.adapter"],
    [
      "a rule that is no RE2",
      { vendors: [{ name: "v", unusable: [{ field: "source", matches: "(?=a)" }] }] },
      "vendors.0.unusable.0.matches",
    ],
  ])("is refused with the path of %s", (_name, changes, path) => {
    expect(check(changes).map((fault) => fault.path)).toEqual([path]);
  });

  it("is told all of its faults at once", () => {
    const entities = [
      { ...entity, value: "a b" },
      { ...entity, value: "c d" },
    ];
    expect(check({ entities }).map(({ path }) => path)).toEqual([
      "entities.1.name",
      "entities.0.value",
      "entities.1.value",
    ]);
  });
});
