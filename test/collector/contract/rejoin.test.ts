import { describe, expect, test } from "vitest";
import { callOf } from "./joined";
import { runToEnd } from "./process";
import { sharedCollector } from "./shared";
import { type EventParts, MINUTE, newContext, openShop, type Shop, type Snapshot, THEN, view } from "./shop";

const collector = sharedCollector();

const BEFORE = { name: "Shoes", vendors: [{ name: "vendor", adapter: "qprotocol" }] };
const entity = (more: object) => ({
  entities: [{ name: "basket", type: "expression", scope: "session", value: "1", ...more }],
});
const vendor = (more: object) => ({ vendors: [{ name: "vendor", adapter: "qprotocol", ...more }] });
const rejoin = (site: Shop, ...more: string[]) => runToEnd(["rejoin", "--site", site.id, ...more], collector.env);

/** What a document's change does to a call that was there before it. */
const CHANGES: [string, object, object, EventParts, Partial<Snapshot>, object, object][] = [
  [
    "a new entity shows its values",
    BEFORE,
    { ...BEFORE, ...entity({}) },
    { id: "context" },
    { entities: { basket: 7 } },
    { entities: {} },
    { entities: { basket: 7 } },
  ],
  [
    "an entity that is gone shows none",
    { ...BEFORE, ...entity({}) },
    BEFORE,
    { id: "context" },
    { entities: { basket: 7 } },
    { entities: { basket: 7 } },
    { entities: {} },
  ],
  [
    "a new offline prefix makes an unknown id the vendor's own",
    BEFORE,
    { ...BEFORE, ...vendor({ offline_prefixes: ["vid-"] }) },
    { id: "vid-12345678" },
    {},
    { join: { status: "unmatched", reason: "unknown_context" } },
    { join: { status: "offline", reason: "offline_vendor_id" } },
  ],
  [
    "a new alias joins an offline call",
    { ...BEFORE, ...entity({}), ...vendor({ offline_prefixes: ["vid-"] }) },
    { ...BEFORE, ...entity({ identifies: "vendor" }), ...vendor({ offline_prefixes: ["vid-"] }) },
    { id: "vid-new-alias" },
    { entities: { basket: "vid-new-alias" } },
    { join: { status: "offline", reason: "offline_vendor_id" } },
    { join: { status: "matched", rule: "alias" } },
  ],
  [
    "a new rule of the vendor makes an offline call unusable",
    { ...BEFORE, ...vendor({ offline_prefixes: ["vid-"] }) },
    { ...BEFORE, ...vendor({ offline_prefixes: ["vid-"], unusable: [{ field: "source", matches: "^ppc" }] }) },
    { id: "vid-advert", source: "ppc-1" },
    {},
    { join: { status: "offline" } },
    { join: { status: "unusable", reason: "vendor_rule" } },
  ],
  [
    "a new goal is met by the calls that met it",
    BEFORE,
    { ...BEFORE, goals: [{ name: "order" }] },
    { id: "context" },
    {},
    { goals: [], context: { conversion_number: null } },
    { goals: ["order"], context: { conversion_number: 1 } },
  ],
  [
    "a wider window takes in who was outside",
    { ...BEFORE, window_days: 1 },
    { ...BEFORE, window_days: 3 },
    { id: "context", ts: THEN + 2 * 86_400_000 },
    {},
    { join: { status: "unmatched", reason: "outside_window" } },
    { join: { status: "matched" } },
  ],
];

describe("a changed site document", () => {
  test.each(CHANGES)("%s, once history is joined again", async (_name, before, after, parts, snapshot, first, then) => {
    const site = await openShop(collector.request, collector.adminToken, before);
    const contextId = newContext();
    await site.post(contextId, [view("v1", THEN - MINUTE, snapshot)]);
    const call = await callOf(site, "vendor", { ...parts, id: parts.id === "context" ? contextId : parts.id });
    expect(call).toMatchObject(first);

    await site.save(after);
    expect(await site.call(call.transaction.id)).toEqual(call);

    const { code, output } = await rejoin(site);
    expect([code, output]).toEqual([0, expect.stringMatching(/1/)]);
    const changed = await site.call(call.transaction.id);
    expect(changed).toMatchObject({ id: call.id, ...then });
    expect(changed.version).toBe(call.version + 1);
  });

  test("joins what comes from then on, without any rejoin", async () => {
    const site = await openShop(collector.request, collector.adminToken, BEFORE);
    const contextId = newContext();
    await site.post(contextId, [view("v1", THEN - MINUTE, { entities: { basket: 7 } })]);
    const old = await callOf(site, "vendor", { id: contextId });
    await site.save({ ...BEFORE, ...entity({}) });
    expect((await callOf(site, "vendor", { id: contextId, ts: THEN + 1 })).entities).toEqual({ basket: 7 });
    expect((await site.call(old.transaction.id)).entities).toEqual({});
  });
});

describe("calljoin rejoin", () => {
  test("that finds nothing changed makes no new version", async () => {
    const site = await openShop(collector.request, collector.adminToken, BEFORE);
    const call = await callOf(site, "vendor", { id: newContext() });
    expect((await rejoin(site)).code).toBe(0);
    expect(await site.call(call.transaction.id)).toEqual(call);
  });

  test("goes on after the call that it is told, and leaves those before it", async () => {
    const site = await openShop(collector.request, collector.adminToken, BEFORE);
    const contextId = newContext();
    await site.post(contextId, [view("v1", THEN - MINUTE)]);
    for (let n = 0; n < 3; n += 1) await callOf(site, "vendor", { id: contextId });
    await site.save({ ...BEFORE, goals: [{ name: "order" }] });
    const ids = (await site.calls()).map(({ id }) => id).toSorted();
    await rejoin(site, "--after", ids[0] ?? "");
    const met = (await site.calls()).filter(({ goals }) => goals.length > 0).map(({ id }) => id);
    expect(met.toSorted()).toEqual(ids.slice(1));
  });

  test("of a site that does not exist, or of none, ends with an error that says so", async () => {
    const { env } = collector;
    const nobody = await runToEnd(["rejoin", "--site", "nobodys-shop"], env);
    expect([nobody.code, nobody.output]).toEqual([1, expect.stringContaining("nobodys-shop")]);
    expect((await runToEnd(["rejoin"], env)).code).toBe(1);
  });
});
