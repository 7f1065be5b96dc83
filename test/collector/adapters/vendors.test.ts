import { describe, expect, test } from "vitest";
import { ADAPTERS, NATIVE, readerOf } from "../../../collector/intake/adapters";
import type { CallEvent } from "../../../collector/intake/adapters/adapter";
import { siteSchema, type Vendor } from "../../../collector/wire/site";
import { SAMPLES } from "./samples";

const CONTEXT = "6o2diu81w9o-0irxltk5b-u9t1cv4";

function vendor(adapter: string, more: object = {}): Vendor {
  const [made] = siteSchema.parse({ name: "Shop", vendors: [{ name: "v", adapter, ...more }] }).vendors;
  if (!made) throw new Error("no vendor");
  return made;
}

function read(adapter: string, payload: object, more: object = {}): CallEvent {
  const event = readerOf(vendor(adapter, more))(payload);
  if ("reason" in event) throw new Error(event.detail);
  return event;
}

test("every native format has samples here", () => {
  expect(Object.keys(SAMPLES).sort()).toEqual([...NATIVE.keys()].sort());
  expect(ADAPTERS).toContain("qprotocol");
});

describe.each(Object.entries(SAMPLES))("%s", (adapter, { phases, expected, contextField, alias }) => {
  const last = phases.at(-1) ?? {};

  test("becomes a call event, with what its last phase says", () => {
    expect(read(adapter, last)).toMatchObject(expected);
  });

  test("has one id and one time over all phases, and each phase overrules the one before", () => {
    const events = phases.map((phase) => read(adapter, phase));
    expect(new Set(events.map(({ transaction_id }) => transaction_id)).size).toBe(1);
    const order = events.map(({ ts, revision }) => [ts, revision]);
    expect([...order].sort(([a = 0, b = 0], [c = 0, d = 0]) => a - c || b - d)).toEqual(order);
    expect(new Set(order.map(String)).size).toBe(phases.length);
  });

  test("carries the context_id in its own field, or where the site says", () => {
    expect(read(adapter, with_(last, contextField, CONTEXT))).toMatchObject({ own_id: CONTEXT, own_is_alias: false });
    const elsewhere = { ...last, elsewhere: { deep: CONTEXT } };
    expect(read(adapter, elsewhere, { context_id_from: "elsewhere.deep" }).own_id).toBe(CONTEXT);
  });

  test("takes the head of our cookie for the context_id", () => {
    expect(read(adapter, with_(last, contextField, `${CONTEXT}.k2v9f7e0zz.7`)).own_id).toBe(CONTEXT);
  });

  test("falls back on the vendor's own id for the visitor where there is no context_id, or junk", () => {
    const from = alias === null ? { visitor_id_from: "mine" } : {};
    const payload = alias === null ? { ...last, mine: "visitor-1" } : with_(last, alias, "visitor-1");
    for (const given of ["", "undefined"]) {
      const event = read(adapter, with_(payload, contextField, given), from);
      expect(event).toMatchObject({ own_id: "visitor-1", own_is_alias: true });
    }
    expect(read(adapter, with_(payload, contextField, CONTEXT), from).own_id).toBe(CONTEXT);
  });

  test("takes its type from the site document", () => {
    const type = "trPackageTransactionSummary";
    expect(read(adapter, last).type).toBe("ecBasketTransactionSummary");
    expect(read(adapter, last, { type }).type).toBe(type);
  });

  test("without id or time is refused, with the reason", () => {
    const reader = readerOf(vendor(adapter));
    const kind = { resource: "call", lead_type: "Phone Call" };
    expect(reader(kind)).toMatchObject({ reason: "invalid", detail: expect.stringContaining("id is missing") });
    const idOnly = { ...kind, ...Object.fromEntries(IDS.map((name) => [name, "x"])), data: { id: 1 } };
    expect(reader(idOnly)).toMatchObject({ reason: "invalid", detail: expect.stringContaining("time is null") });
  });
});

const IDS = ["resource_id", "CallSid", "callRef", "call_id", "call_record_id", "id", "lead_id", "uniqueid"];

/** A payload with another value under a path. */
function with_(payload: object, path: string, value: string): object {
  const [head = "", ...rest] = path.split(".");
  const inner = (payload as Record<string, object>)[head] ?? {};
  return { ...payload, [head]: rest.length === 0 ? value : with_(inner, rest.join("."), value) };
}

describe("totals as vendors write them", () => {
  test.each([
    ["9.99", 9.99],
    [9.99, 9.99],
    ["£1,234.50", 1234.5],
    ["$50.00 USD", 50],
    ["12,50", 12.5],
    ["1,234", 1234],
    ["-5", -5],
    ["0", 0],
  ])("%j is %d", (value, total) => {
    expect(read("callrail", { resource_id: "CAL1", start_time: "1732262400", value }).total?.value).toBe(total);
  });
  test.each(["", "--", "n/a", "1.2.3", "a lot"])("%j is none", (value) => {
    expect(read("callrail", { resource_id: "CAL1", start_time: "1732262400", value }).total).toBeNull();
  });
});

test("what is no call is refused as of an unknown type", () => {
  const form = { ...SAMPLES.whatconverts?.phases[0], lead_type: "Web Form" };
  expect(readerOf(vendor("whatconverts"))(form)).toMatchObject({ reason: "unknown_type" });
  expect(readerOf(vendor("aircall"))({ resource: "user", data: { id: 1 } })).toMatchObject({ reason: "unknown_type" });
});

test.each([
  ["2024-07-01 09:00:00", "2024-07-01T09:00:00Z"],
  ["2024-07-01T09:00:00+02:00", "2024-07-01T07:00:00Z"],
  ["1719824400", "2024-07-01T09:00:00Z"],
])("Infinity's times are UTC, whatever the vendor's zone: %s", (dt, iso) => {
  expect(read("infinity", { callRef: "1", dt }, { timezone: "Asia/Tokyo" }).ts).toBe(Date.parse(iso));
});

test("local times are those of the vendor's zone", () => {
  const payload = { uniqueid: "r-1", calldate: "2024-07-01 09:00:00" };
  expect(read("ringostat", payload, { timezone: "Europe/Kyiv" }).ts).toBe(Date.parse("2024-07-01T06:00:00Z"));
});

test("a field that is named for both ids holds the vendor's, unless the SDK minted what is in it", () => {
  const more = { visitor_id_from: "custom" };
  const payload = { resource_id: "CAL1", start_time: "1732262400" };
  const uuid = "3f2a9c1e-0000-4000-8000-1234567890ab";
  expect(read("callrail", { ...payload, custom: uuid }, more)).toMatchObject({ own_id: uuid, own_is_alias: true });
  expect(read("callrail", { ...payload, custom: CONTEXT }, more)).toMatchObject({
    own_id: CONTEXT,
    own_is_alias: false,
  });
});
