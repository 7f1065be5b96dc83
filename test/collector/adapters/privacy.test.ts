import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { keeperOf, readerOf } from "../../../collector/intake/adapters";
import { keptText } from "../../../collector/intake/adapters/privacy";
import { siteSchema, type Vendor } from "../../../collector/wire/site";

const NUMBER = "+14045550123";
const HASH = createHash("sha256").update(NUMBER).digest("hex");
type Keep = "hash" | "full" | "none";

function vendor(adapter: string, more: object = {}): Vendor {
  const [made] = siteSchema.parse({ name: "Shop", vendors: [{ name: "v", adapter, ...more }] }).vendors;
  if (!made) throw new Error("no vendor");
  return made;
}
const keep = (adapter: string, payload: unknown, keep_caller: Keep, more = {}) =>
  keeperOf(vendor(adapter, more), { keep_caller })(payload);
const read = (adapter: string, kept: unknown, keep_caller: Keep) => readerOf(vendor(adapter), { keep_caller })(kept);

/** The same number as vendors write it. */
const NOTATIONS = [
  "+14045550123",
  "14045550123",
  "4045550123",
  "404-555-0123",
  "(404) 555-0123",
  "+1 (404) 555-0123",
  "1.404.555.0123",
  "404\u00a0555\u20110123",
  "001 404 555 0123",
  "tel:+1-404-555-0123",
  "%2B14045550123",
  "+1+404+555+0123",
  "Call from 404 555 0123, twice",
];

const CALL = {
  resource_id: "CAL1",
  start_time: "2026-11-20T10:00:00Z",
  direction: "inbound",
  customer_phone_number: NUMBER,
  tracking_phone_number: "+14045550199",
};

describe("a caller's number", () => {
  test.each(NOTATIONS)("is in nothing that is kept, nor is %j", (written) => {
    const payload = { ...CALL, note_to_self: written, deep: [{ x: written }], [written]: 1 };
    for (const how of ["hash", "none"] as const) {
      const kept = JSON.stringify(keep("callrail", payload, how));
      expect(kept.replace(/[^\d]/g, " ")).not.toContain("4045550123");
      expect(kept.replaceAll(HASH, "").replace(/\D/g, "")).not.toContain("5550123");
    }
  });

  test("is not kept as a JSON number either", () => {
    const kept = JSON.stringify(keep("callrail", { ...CALL, callernum: 14045550123, other: 4045550123 }, "hash"));
    expect(kept.replaceAll(HASH, "")).not.toContain("5550123");
  });

  test("is known by its hash, at the first reading and at a replay", () => {
    const kept = keep("callrail", CALL, "hash");
    expect(read("callrail", kept, "hash")).toMatchObject({
      caller: null,
      caller_sha256: HASH,
      dialled: "+14045550199",
    });
    expect(keep("callrail", kept, "hash")).toEqual(kept);
    expect(read("callrail", keep("callrail", kept, "none"), "none")).toMatchObject({
      caller: null,
      caller_sha256: null,
    });
  });

  test("is kept whole where the site wants it, or not at all", () => {
    expect(keep("callrail", CALL, "full")).toEqual(CALL);
    expect(read("callrail", CALL, "full")).toMatchObject({ caller: NUMBER, caller_sha256: HASH });
    const kept = keep("callrail", CALL, "none");
    expect(JSON.stringify(kept)).not.toContain(HASH);
    expect(read("callrail", kept, "none")).toMatchObject({ caller: null, caller_sha256: null });
  });

  test("of two calls of one time keeps them apart, and a repeat the same", () => {
    const other = { ...CALL, customer_phone_number: "+14045550124" };
    expect(keep("callrail", CALL, "hash")).not.toEqual(keep("callrail", other, "hash"));
    expect(keep("callrail", CALL, "hash")).toEqual(keep("callrail", { ...CALL }, "hash"));
  });

  test("leaves ids, times and the number dialled alone", () => {
    const payload = {
      ...CALL,
      uniqueid: "1700000000.404",
      session: "140455501",
      landing_page_url: "https://shop.example/?a=4045550199",
    };
    expect(keep("callrail", payload, "hash")).toEqual({ ...payload, customer_phone_number: `sha256:${HASH}` });
  });

  test("that is withheld, or none, is as the vendor wrote it, or gone", () => {
    expect(keep("callrail", { ...CALL, customer_phone_number: "anonymous" }, "hash")).toMatchObject({
      customer_phone_number: "anonymous",
    });
    expect(keep("callrail", { ...CALL, customer_phone_number: "555-0123-99" }, "hash")).toMatchObject({
      customer_phone_number: "(not kept)",
    });
  });

  test("of an outbound call is the number dialled", () => {
    const payload = {
      ...CALL,
      direction: "outbound",
      customer_phone_number: "+14045550199",
      tracking_phone_number: NUMBER,
    };
    const kept = keep("callrail", payload, "hash");
    expect(JSON.stringify(kept)).not.toContain(NUMBER);
    expect(read("callrail", kept, "hash")).toMatchObject({
      reason: "unknown_type",
      detail: expect.stringContaining("outbound"),
    });
  });

  test("is taken out of a text, a header and an id that are made of it", () => {
    const mapping = {
      id: { join: ["from", "at"] },
      time: { from: "at" },
      caller: { path: "from", match: "<(.*)>" },
      country: "US",
    };
    const more = { mapping };
    const kept = keep("custom", { from: "Ada <(404) 555-0123>", at: "1732262400" }, "hash", more);
    expect(JSON.stringify(kept)).not.toMatch(/555.{0,3}0123/);
    const event = readerOf(vendor("custom", more), { keep_caller: "hash" })(kept);
    expect(event).toMatchObject({ caller_sha256: HASH, transaction_id: `Ada <sha256:${HASH}>-1732262400` });
    const header = { mapping: { ...mapping, caller: { header: "X-From" } } };
    const asked = keep("custom", { "@headers": { "x-from": NUMBER }, at: "1732262400", from: "x" }, "hash", header);
    expect(asked).toMatchObject({ "@headers": { "x-from": `sha256:${HASH}` } });
  });

  test.each([
    ["a number that no country has", { customer_phone_number: "+17451187568" }, "745-118-7568"],
    ["one without its country", { customer_phone_number: "07400 123456" }, "7400123456"],
    ["an object of numbers", { customer_phone_number: { e164: NUMBER } }, "404 555 0123"],
    ["a list of them", { customer_phone_number: ["x", NUMBER] }, "404 555 0123"],
  ])("is taken out wherever it stands, be it %s", (_what, more, again) => {
    for (const how of ["hash", "none"] as const) {
      const kept = keep("callrail", { ...CALL, note: `again: ${again}`, ...more }, how);
      const digits = JSON.stringify(kept).replaceAll(HASH, "").replace(/\D/g, "");
      expect(digits).not.toContain(again.replace(/\D/g, ""));
      expect(kept).toMatchObject({ start_time: CALL.start_time, resource_id: CALL.resource_id });
    }
  });

  test.each([
    ["telnyx", { data: { payload: { from: NUMBER, to: "+14045550199", other: NUMBER } } }],
    ["telnyx", { data: { payload: { from: { phone_number: NUMBER }, direction: "inbound" } } }],
    ["twilio", { CallSid: "CA2", ParentCallSid: "CA1", From: NUMBER, ForwardedFrom: NUMBER, Direction: "inbound" }],
    ["twilio", { MessageSid: "SM1", From: NUMBER, Body: `call ${NUMBER}` }],
    ["vonage", { msisdn: "14045550123", text: "404-555-0123" }],
    ["calltrackingmetrics", { caller_number: NUMBER, caller_number_split: ["1", "404", "555", "0123"] }],
  ])("is not kept of an event that is no call either: %s %j", (adapter, payload) => {
    expect(JSON.stringify(keep(adapter, payload, "none"))).not.toMatch(/0123/);
  });

  test("of a leg is not the site's own number, which may stand where another's caller does", () => {
    const mapping = { id: "id", time: { from: "at" }, country: "US", dialled: { path: "to" }, caller: ["from", "via"] };
    const payload = { id: "1", at: "2026-11-20T10:00:00Z", to: "404-555-0199", from: NUMBER, via: "+14045550199" };
    expect(keep("custom", payload, "none", { mapping })).toMatchObject({ to: "404-555-0199", from: "(not kept)" });
  });

  test("of a QProtocol event goes the same way", () => {
    const event = {
      meta: { type: "ecBasketTransactionSummary", ts: 1732262400, source: "from 404-555-0123" },
      transaction: { id: "1" },
      call: { caller: NUMBER },
    };
    const kept = keep("qprotocol", event, "hash");
    expect(kept).toMatchObject({ call: { caller: `sha256:${HASH}` }, meta: { source: `from sha256:${HASH}` } });
    expect(read("qprotocol", kept, "hash")).toMatchObject({ caller_sha256: HASH });
  });
});

test("what a mapping calls personal is kept by no setting", () => {
  for (const how of ["hash", "full", "none"] as const) {
    const kept = keep("callrail", { ...CALL, customer_name: "Ada Sample", form_data: { a: "b" } }, how);
    expect(kept).toMatchObject({ customer_name: null, form_data: null });
  }
});

test.each([
  ['{"customer": {"name": "Ada \\"A\\" Sample", "age": 4', '{"customer": {"name": "(not kept)", "age": 4'],
  ['{"name": "Ada Sam', '{"name": "(not kept)'],
  [
    '{"other_name": "x", "contact": {"first": "Ada", "last": ["Sample"]}, "a": 1',
    '{"other_name": "x", "contact": (not kept)',
  ],
  ["a=1&name=Ada+Sample&contact[first]=Ada&b=2%", "a=1&name=(not kept)&contact[first]=(not kept)&b=2%"],
  [
    "<c><name x='1'>Ada Sample</name><contact><a>Ada</a></contact><b>1",
    "<c><name x='1'>(not kept)</name><contact>(not kept)</contact><b>1",
  ],
  ["<c><contact><a>Ada", "<c><contact>(not kept)"],
  ['{"name": 90210, "a": 1', '{"name": (not kept), "a": 1'],
  ['{"p": "{\\"name\\":\\"Ada \\\\"A\\\\" Sample\\",\\"a\\":', '{"p": "{\\"name\\":\\"(not kept)\\",\\"a\\":'],
  ["p=%7B%22name%22%3A%22Ada+Sample%22%2C%22a%22", "p=%7B%22name%22%3A%22(not kept)%22%2C%22a%22"],
  ["p=%7B%22name%22+%3a+%22Ada+Sample", "p=%7B%22name%22+%3a+%22(not kept)"],
  [
    '--x\r\nContent-Disposition: form-data; name="name"\r\nContent-Type: text/plain\r\n\r\nAda\r\nSample\r\n--x\r\nContent-',
    '--x\r\nContent-Disposition: form-data; name="name"\r\nContent-Type: text/plain\r\n\r\n(not kept)\r\n--x\r\nContent-',
  ],
])("a body that cannot be read keeps nothing under a personal field's name: %s", (body, kept) => {
  for (const keep of ["hash", "full"] as const)
    expect(keptText(body, keep, { personal: ["customer.name", "contact"] })).toBe(kept);
});

test("a payload that only looks like a body that could not be read is a payload", () => {
  expect(keep("callrail", { ...CALL, "@body": "x" }, "none")).toMatchObject({ resource_id: "CAL1", "@body": "x" });
});

test("a body that cannot be read keeps nothing that may be a number", () => {
  const body = '{"from": "+1 (404) 555-0123", "at": 1732262400, "age": 42';
  expect(keptText(body, "hash")).toBe('{"from": "(not kept)", "at": (not kept), "age": 42');
  expect(keptText(body, "full")).toBe(body);
});

test.each([
  '{"id": 1732262400123, "call": {"at": "1732262400"}, "at_last": (not kept), "from": "(not kept)"',
  "id=1732262400123&call[at]=1732262400&from=(not kept)",
  "<c><id>1732262400123</id><at>1732262400</at><from>(not kept)</from>",
  '{"page": "/p?id=5", "from": "(not kept)"',
  'p={\\"id\\":\\"1732262400123\\",\\"from\\":\\"(not kept)\\"',
])("but what a call is known by, and when it was, stays, so that it can be replayed: %s", (kept) => {
  const mapping = { id: "id", time: [{ from: ["call.at", "event.at"] }] };
  expect(keptText(kept.replaceAll("(not kept)", "4045550123"), "none", mapping)).toBe(kept);
});
