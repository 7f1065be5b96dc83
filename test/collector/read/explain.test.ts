import { beforeAll, describe, expect, it } from "vitest";
import { sharedCollector } from "../contract/shared";
import { BASE, openShop, type Shop } from "../contract/shop";

const T = Date.now();
const HOUR = 3_600_000;

interface Explained {
  explain: {
    own_id: string | null;
    cut: number;
    missing: string | null;
    events: unknown[];
    candidates: { view_id: string; chosen: boolean; url: string | null }[];
    clock_offset_ms: number | null;
    last_activity: number | null;
    fields: string[];
    join: { status: string; clock: string | null };
    arrived_late: { seq: number; after_call_ms: number }[];
  };
}

describe("the explanation of a call", () => {
  const collector = sharedCollector();
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop(collector.request, collector.adminToken, BASE);
  });

  const page = (view_id: string, at: number, number: number) => ({
    view_id,
    session_id: "s1",
    seq: 0,
    at,
    view: {
      number,
      session_number: 1,
      session_view_number: number,
      session_at: at,
      url: `https://shop.example/${number}`,
    },
  });
  const event = (id: string, contextId: string | null, ts = T) => ({
    context: { id: contextId },
    meta: { type: "ecBasketTransactionSummary", ts, url: "", source: "test@1" },
    transaction: { id },
  });
  async function explained(transactionId: string): Promise<Explained["explain"]> {
    const { id } = await shop.call(transactionId);
    return (await shop.admin("GET", `/calls/${id}?explain=1`)).json<Explained>().explain;
  }

  it("names the views that stood to choice, the chosen one, the last activity and the clock's correction", async () => {
    const now = Date.now();
    // This visitor's clock is an hour behind.
    const at = now - HOUR;
    await shop.post("visitor-clock", [page("v1", at - 5_000, 1), page("v2", at - 2_000, 2)], at);
    await shop.report("infinity", event("clock", "visitor-clock", now));
    const why = await explained("clock");
    expect(why.missing).toBeNull();
    expect(why.cut).toBe(now);
    expect(why.candidates.map(({ view_id, chosen }) => [view_id, chosen])).toEqual([
      ["v1", false],
      ["v2", true],
    ]);
    expect(why.clock_offset_ms).toBeGreaterThanOrEqual(HOUR);
    expect(why.clock_offset_ms).toBeLessThan(HOUR + 5_000);
    expect(why.last_activity).toBe(at - 2_000 + (why.clock_offset_ms ?? 0));
    expect(why.arrived_late).toEqual([]);
  });

  it("tells what arrived after the call", async () => {
    await shop.report("infinity", event("late", "visitor-late"));
    await shop.post("visitor-late", [page("v1", T - 1_000, 1)], T);
    expect(await explained("late")).toMatchObject({ arrived_late: [{ view_id: "v1", seq: 0 }], missing: null });
  });

  it.each([
    ["unknown_context", "visitor-nobody", /any snapshot of the context.*visitor-nobody in context\.id/],
    ["offline_vendor_id", "gbr0unknown", /an entity that identifies this vendor: none .*gbr0unknown in context\.id/],
    ["junk_id", "undefined", /in context\.id.*"undefined", is a placeholder or outside the format/],
    ["no_id", null, /a context_id in context\.id: the vendor sent none/],
  ])("says what is missing to a call that is not matched: %s", async (reason, own_id, missing) => {
    await shop.report("responsetap", event(`missing-${reason}`, own_id));
    expect((await shop.call(`missing-${reason}`)).join.reason).toBe(reason);
    const why = await explained(`missing-${reason}`);
    expect(why.missing).toMatch(missing);
    expect(why.candidates).toEqual([]);
    expect(why.own_id).toBe(own_id);
    expect(why.fields).toEqual(["context.id"]);
  });

  it.each([
    ["callrail", {}, ["custom"]],
    ["callrail", { context_id_from: "note", visitor_id_from: "person_id" }, ["note", "person_id"]],
    ["telnyx", {}, ["context_id", "custom_headers[name=X-Context-Id].value"]],
  ])("names the fields of the vendor's own format that were looked at: %s %j", async (adapter, more, fields) => {
    const vendors = [{ name: "own", adapter, ...more }];
    const own = await openShop(collector.request, collector.adminToken, { vendors });
    const token = await own.token("own");
    const json =
      adapter === "callrail"
        ? { resource_id: "CAL1", start_time: new Date(T).toISOString(), direction: "inbound" }
        : {
            data: {
              event_type: "call.hangup",
              payload: { call_session_id: "s1", start_time: new Date(T).toISOString(), direction: "incoming" },
            },
          };
    expect((await collector.request("POST", `/v1/calls/${own.id}/own`, { token, json })).status).toBe(200);
    const [call] = await own.calls();
    const why = (await own.admin("GET", `/calls/${call?.id}?explain=1`)).json<Explained>().explain;
    expect(why.fields).toEqual(fields);
    expect(why.missing).toContain(why.fields.join(" or "));
  });

  it("says that a call is dated ahead of when it came, by more than clocks may differ", async () => {
    const now = Date.now();
    await shop.post("visitor-ahead", [page("v1", now - 1_000, 1)], now);
    await shop.report("infinity", event("ahead", "visitor-ahead", now + 2 * HOUR));
    await shop.report("infinity", event("in-time", "visitor-ahead", now + 5_000));
    expect((await explained("ahead")).join).toMatchObject({ status: "matched", clock: "ahead" });
    expect((await explained("in-time")).join.clock).toBeNull();
    const { id } = await shop.call("ahead");
    const answer = (await shop.admin("GET", `/calls/${id}?explain=1`)).json<{ join: { clock: string } }>();
    expect(answer.join.clock).toBe("ahead");
    // The call itself is as it was: when it came is no part of the outcome.
    expect((await shop.call("ahead")).join).not.toHaveProperty("clock");
  });
});
