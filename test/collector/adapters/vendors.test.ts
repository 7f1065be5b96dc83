import { describe, expect, test } from "vitest";
import { sha256 } from "../../../collector/hash";
import { ADAPTERS, keeperOf, NATIVE, readerOf } from "../../../collector/intake/adapters";
import { mappingSchema } from "../../../collector/wire/mapping";
import { CONTEXT, KEEP, read, refusedOrRead, vendor, with_ } from "./reading";
import { SAMPLES } from "./samples";

test("every native format has samples here, each with its source", () => {
  expect(Object.keys(SAMPLES).sort()).toEqual([...NATIVE.keys()].sort());
  expect([ADAPTERS[0], ADAPTERS.at(-1)]).toEqual(["qprotocol", "custom"]);
  for (const { source } of Object.values(SAMPLES)) expect(source).toMatch(/\w\.\w|\/|unverified/);
});

test.each([...NATIVE])(
  "%s is a document that a site could bring itself, and says where it was looked up",
  (_name, mapping) => {
    expect(mappingSchema.parse(mapping)).toEqual(mapping);
    expect(mapping.sources?.length).toBeGreaterThan(0);
  },
);

describe.each(Object.entries(SAMPLES))("%s", (adapter, { phases, expected, contextField, alias }) => {
  const last = phases.at(-1) ?? {};

  test("becomes a call event, with what its last phase says", () => {
    expect(read(adapter, last)).toMatchObject(expected);
  });

  test("has one id over all phases, and each phase overrules the one before", () => {
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

  test.each([
    ["our cookie", `${CONTEXT}.k2v9f7e0zz.7`],
    ["a string of cookies", `_ga=GA1.1.1.1; calljoin=${CONTEXT}.k2v9f7e0zz.7; x=y`],
    ["an object of cookies", { _ga: "GA1.1.1.1", calljoin: `${CONTEXT}.k2v9f7e0zz.7` }],
    ["a list of names and values", [{ name: "calljoin", value: CONTEXT }]],
    ["a line of a text", `visitor:\n${CONTEXT}\t(web)`],
    ["a line within an object", { custom: { note: `\t${CONTEXT}` } }],
    ["the name of a field", { ids: [{ [CONTEXT]: true }] }],
    ["escaped JSON", `%7B%22id%22%3A%22${CONTEXT}%22%7D`],
  ])("finds the context_id that the SDK minted in %s", (_name, value) => {
    expect(read(adapter, with_(last, contextField, value)).own_id).toBe(CONTEXT);
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

  test("is kept without the caller's number and name", () => {
    const kept = JSON.stringify(keeperOf(vendor(adapter), KEEP)(last));
    expect(kept.replace(/sha256:\w+/g, "")).not.toMatch(/5550?123|9460018|Ada Sample/);
  });

  test("without id or time is refused, with the reason", () => {
    const kind = {
      resource: "call",
      lead_type: "Phone Call",
      requestType: "apiCallCompleted",
      event_type: "call.hangup",
      status: "completed",
      direction: "inbound",
    };
    const reader = readerOf(vendor(adapter), KEEP);
    expect(reader(kind)).toMatchObject({ reason: "invalid", detail: expect.stringContaining("id is missing") });
    const idOnly = { ...kind, ...Object.fromEntries(IDS.map((name) => [name, "x"])), data: { id: 1 } };
    expect(reader(idOnly)).toMatchObject({ reason: "invalid", detail: expect.stringContaining("time is missing") });
  });
});

const IDS = [
  ...["resource_id", "CallSid", "callRef", "call_id", "complete_call_id", "id", "lead_id", "uniqueid", "CallUUID"],
  ...["generalCallID", "callId", "call_session_id", "TelmetricsId", "conversation_uuid"],
];

describe("outcomes", () => {
  const outcome = (adapter: string, payload: object) =>
    read(adapter, { ...SAMPLES[adapter]?.phases.at(-1), ...payload }).answered;
  test.each<[string, object, boolean | null]>([
    ["callrail", { answered: "false" }, false],
    ["twilio", { CallStatus: "no-answer" }, false],
    ["twilio", { CallStatus: "ringing" }, null],
    ["calltrackingmetrics", { dial_status: "no answer" }, false],
    ["calltrackingmetrics", { dial_status: "ringing" }, null],
    ["invoca", { connect_duration: "0" }, false],
    ["ringostat", { disposition: "NO ANSWER" }, false],
    ["ringostat", { additional_call_data: { billsec: "0" } }, false],
    ["whatconverts", { call_status: "Missed Call" }, false],
    ["whatconverts", { call_status: "In Progress" }, null],
    ["infinity", { bridgeDuration: "0" }, false],
    ["infinity", { answered: "Y" }, true],
    ["infinity", { answered: "N" }, false],
    ["whatconverts", { call_status: "Not Answered" }, false],
    ["comagic", { is_lost: true }, false],
    ["plivo", { AnswerTime: "", CallStatus: "no-answer" }, false],
    ["asterisk", { disposition: "BUSY" }, false],
  ])("%s %j: %s", (adapter, payload, answered) => expect(outcome(adapter, payload)).toBe(answered));

  test("an Aircall that ended without an answer was missed; one that rings is not yet", () => {
    const rings = SAMPLES.aircall?.phases[0] as { data: object };
    expect(read("aircall", rings).answered).toBeNull();
    expect(read("aircall", { ...rings, data: { ...rings.data, ended_at: 1795428060 } }).answered).toBe(false);
  });
});

describe("a leg that a Twilio call dials", () => {
  const parent = SAMPLES.twilio?.phases[0] as Record<string, string>;
  const leg = {
    ...parent,
    CallSid: "CA2",
    ParentCallSid: parent.CallSid,
    Direction: "outbound-dial",
    From: "+15005550001",
    To: "+12025550100",
    CallStatus: "no-answer",
    CallDuration: "7",
  };

  test("belongs to its parent's call, and says only whether somebody answered", () => {
    const event = read("twilio", leg);
    expect(event).toMatchObject({
      transaction_id: parent.CallSid,
      answered: false,
      dialled: null,
      duration_s: null,
      caller_sha256: null,
    });
    expect(read("twilio", { ...leg, CallStatus: "completed" }).answered).toBe(true);
    expect(read("twilio", { ...leg, CallStatus: "canceled" }).answered).toBeNull();
  });
});

test("a leg that a Telnyx call is transferred to says neither who called nor what was dialled", () => {
  const [first, , last] = (SAMPLES.telnyx?.phases ?? []) as { data: { payload: object } }[];
  const leg = with_(last ?? {}, "data.payload", { ...last?.data.payload, direction: undefined, from: "+12025550199" });
  expect(read("telnyx", first ?? {}).caller_sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(read("telnyx", leg)).toMatchObject({ dialled: null, caller_sha256: null, duration_s: 95 });
  const undirected = with_(last ?? {}, "data.payload.direction", undefined);
  expect(JSON.stringify(keeperOf(vendor("telnyx"), KEEP)(undirected))).not.toContain("2025550123");
});

test("a call that Binotel transferred was answered", () => {
  const payload = SAMPLES.binotel?.phases.at(-1) as { callDetails: object };
  expect(
    read("binotel", { ...payload, callDetails: { ...payload.callDetails, disposition: "TRANSFER" } }).answered,
  ).toBe(true);
});

test("a call that Twilio hands on to a site's own trunk is an inbound one", () => {
  const To = "sip:+442079460018@pbx.example";
  const payload = { ...SAMPLES.twilio?.phases[0], Direction: "trunking-originating", To };
  expect(read("twilio", payload).dialled).toBe("+442079460018");
});

describe("a call's end", () => {
  const end = { CallSid: "CA1", CallStatus: "completed", Timestamp: "Fri, 20 Nov 2026 10:10:00 +0000" };
  test("less its duration is its start, where the vendor tells only the end", () => {
    expect(read("twilio", { ...end, CallDuration: "600" }).ts).toBe(Date.parse("2026-11-20T10:00:00Z"));
    expect(read("twilio", end).ts).toBe(Date.parse("2026-11-20T10:10:00Z"));
    expect(read("signalwire", { ...end, CallDuration: "600" }).ts).toBe(Date.parse("2026-11-20T10:10:00Z"));
  });
});

test.each([
  ["9.99", 9.99],
  [9.99, 9.99],
  [1.234, 1.234],
  ["--", null],
])("the total %j is %j", (value, total) => {
  expect(read("callrail", { resource_id: "CAL1", start_time: "1732262400", value }).total?.value ?? null).toBe(total);
});

test("a start that is a program's word for none leaves it to the next place", () => {
  const notification = {
    TelmetricsId: "1",
    MonitorStartTime: "0001-01-01T00:00:00",
    StartTime: "2026-11-20T10:00:00Z",
  };
  expect(read("marchex", { Notifications: [notification] }).ts).toBe(Date.parse("2026-11-20T10:00:00Z"));
});

test("a total that may be more than one number is refused, and named", () => {
  const event = refusedOrRead("callrail", { resource_id: "CAL1", start_time: "1732262400", value: "1.234" });
  expect(event).toMatchObject({
    reason: "invalid",
    detail: 'value: "1.234" is not an amount, or is ambiguous',
  });
});

test.each([
  ["2024-07-01 09:00:00", "2024-07-01T09:00:00Z"],
  ["2024-07-01T09:00:00+02:00", "2024-07-01T07:00:00Z"],
  ["1719824400", "2024-07-01T09:00:00Z"],
])("Infinity's times are UTC, whatever the vendor's zone: %s", (dt, iso) => {
  expect(read("infinity", { callRef: "1", dt }, { timezone: "Asia/Tokyo" }).ts).toBe(Date.parse(iso));
});

test("local times are those of the vendor's zone", () => {
  const at = (calldate: string) => read("ringostat", { uniqueid: "r-1", calldate }, { timezone: "Europe/Kyiv" }).ts;
  expect(at("2024-07-01 09:00:00")).toBe(Date.parse("2024-07-01T06:00:00Z"));
  expect(at("1.07.2024 09:00:00")).toBe(Date.parse("2024-07-01T06:00:00Z"));
});

test("Calltouch's dates are Moscow's, and the day stands first in them", () => {
  const at = (date: string) => read("calltouch", { callId: "1", date }).ts;
  for (const date of ["05/11/2026 13:00:00", "2026-11-05 13:00:00", "05.11.2026 13:00:00"])
    expect(at(date)).toBe(Date.parse("2026-11-05T10:00:00Z"));
});

test("numbers without a country are those of the vendor's, or of its format's", () => {
  const payload = { callRef: "1", dt: "2024-07-01 09:00:00", dialledPhoneNumber: "2025550199" };
  expect(read("infinity", payload).dialled).toBeNull();
  expect(read("infinity", payload, { country: "US" }).dialled).toBe("+12025550199");
});

test.each([
  ["vonage", "from", "to"],
  ["plivo", "From", "To"],
])("%s writes whole numbers without a plus, wherever the vendor is", (adapter, from, to) => {
  const payload = { ...SAMPLES[adapter]?.phases.at(-1), [from]: "4520123456", [to]: "6581234567" };
  const NUMBERS = { caller_sha256: sha256("+4520123456"), dialled: "+6581234567" };
  expect(read(adapter, payload)).toMatchObject(NUMBERS);
  expect(read(adapter, payload, { country: "US" })).toMatchObject(NUMBERS);
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
