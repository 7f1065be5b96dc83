import { beforeAll, describe, expect, test } from "vitest";
import type { Asked, Receipt } from "./http";
import { startCollector } from "./process";
import { sharedCollector } from "./shared";
import { newContext, openShop, type Shop, THEN, view } from "./shop";

const collector = sharedCollector();
let site: Shop;
beforeAll(async () => {
  site = await shop({ entities: [{ name: "gold", type: "simple", scope: "session", value: "gold" }] });
});

const shop = (document: object = {}) => openShop(collector.request, collector.adminToken, document);
const post = (asked: Asked) => collector.request("POST", "/v1/snapshots", asked);
const envelope = (more: object = {}) => ({
  v: 1,
  site: site.id,
  context_id: newContext(),
  sent_at: Date.now(),
  snapshots: [view("v1", THEN)],
  ...more,
});
const NOTHING_REJECTED: Receipt = { accepted: 1, duplicate: 0, rejected: [] };

/** The snapshots that are stored of a context, as `seq → entities`. */
async function stored(contextId: string): Promise<Record<number, unknown>> {
  const answer = await site.admin("GET", `/contexts/${contextId}`);
  if (answer.status === 404) return {};
  const { sessions } = answer.json<{
    sessions: { views: { snapshots: { seq: number; entities: unknown }[] }[] }[];
  }>();
  const snapshots = sessions.flatMap(({ views }) => views.flatMap((each) => each.snapshots));
  return Object.fromEntries(snapshots.map(({ seq, entities }) => [seq, entities]));
}

describe("one bad snapshot does not cost the others", () => {
  test.each([
    ["without a view_id", { view_id: undefined }],
    ["with a number for a view_id", { view_id: 7 }],
    ["without a session_id", { session_id: undefined }],
    ["without a number", { seq: undefined }],
    ["with a negative number", { seq: -1 }],
    ["with a broken number", { seq: 1.5 }],
    ["with a number in words", { seq: "0" }],
    ["without a time", { at: undefined }],
    ["with a time in words", { at: "yesterday" }],
    ["with a list of entities", { entities: [] }],
    ["with entities in words", { entities: "gold" }],
    ["with a view in words", { view: "first" }],
  ])("%s", async (_name, fault) => {
    const contextId = newContext();
    const good = view("v2", THEN, { seq: 5, entities: { gold: "good" } });
    const receipt = await site.post(contextId, [{ ...view("v1", THEN), ...fault }, good]);
    expect(receipt).toMatchObject({ accepted: 1, duplicate: 0, rejected: [{ index: 0 }] });
    expect(receipt.rejected[0]?.reason).toMatch(/./);
    expect(receipt.rejected[0]?.detail).toMatch(/./);
    expect(await stored(contextId)).toEqual({ 5: { gold: "good" } });
  });

  test.each([null, 7, "snapshot", []])("%j", async (bad) => {
    const answer = await post({ json: envelope({ snapshots: [bad, view("v1", THEN)] }) });
    expect([answer.status, answer.json()]).toMatchObject([202, { accepted: 1, rejected: [{ index: 0 }] }]);
  });
});

describe("400: not JSON, or no envelope", () => {
  test.each([
    ["half of an object", '{"v": 1'],
    ["nothing", ""],
    ["a list", "[]"],
    ["null", "null"],
    ["a number", "7"],
    ["nested too deep to be anything", "[".repeat(60_000)],
    ["an envelope without snapshots", JSON.stringify({ v: 1, site: "s", context_id: newContext(), sent_at: THEN })],
    ["an envelope without a site", JSON.stringify({ v: 1, context_id: newContext(), sent_at: THEN, snapshots: [] })],
    [
      "an envelope whose snapshots are no list",
      JSON.stringify({ v: 1, site: "s", context_id: newContext(), sent_at: THEN, snapshots: {} }),
    ],
  ])("%s", async (_name, body) => {
    for (const type of ["application/json", "text/plain"]) {
      const answer = await post({ headers: { "content-type": type }, body });
      expect(answer.status).toBe(400);
      expect(answer.headers.get("content-type")).toContain("application/problem+json");
    }
  });

  test.each([
    ["no sent_at", { sent_at: undefined }],
    ["a sent_at in words", { sent_at: "now" }],
    ["no context_id", { context_id: undefined }],
    ["a context_id that is a number", { context_id: 7 }],
    ["another version of the format", { v: 2 }],
  ])("an envelope with %s", async (_name, fault) => {
    expect((await post({ json: envelope(fault) })).status).toBe(400);
  });

  test("garbage that claims to be gzip, and a charset that nobody knows, are the sender's faults", async () => {
    const body = JSON.stringify(envelope());
    const packed = await post({ headers: { "content-type": "application/json", "content-encoding": "gzip" }, body });
    expect(Math.floor(packed.status / 100)).toBe(4);
    const odd = await post({ headers: { "content-type": "application/json; charset=klingon" }, body });
    expect([202, 400, 415]).toContain(odd.status);
  });
});

test.each(["null", "undefined", "anonymous", "UNKNOWN", "[object Object]", "00000000", "short", "a b c d e f g"])(
  "the junk id %s names no visitor",
  async (contextId) => {
    const answer = await post({ json: envelope({ context_id: contextId }) });
    const accepted = answer.status === 202 ? answer.json<Receipt>().accepted : 0;
    expect([400, 202]).toContain(answer.status);
    expect(accepted).toBe(0);
  },
);

test.each(["12345678", "a.b_c:d-e", "x".repeat(128), "test-integration-property"])(
  "the id %s, which no SDK minted, names a visitor as well",
  async (contextId) => {
    expect(await site.post(contextId, [view("v1", THEN)])).toEqual(NOTHING_REJECTED);
  },
);

test("404: a site that does not exist", async () => {
  const answer = await post({ json: envelope({ site: "nobodys-shop" }) });
  expect(answer.status).toBe(404);
  expect(answer.headers.get("content-type")).toContain("application/problem+json");
});

describe("413: at most 64 KiB", () => {
  const sized = (bytes: number) => {
    const body = JSON.stringify(envelope({ padding: "" }));
    return body.replace('"padding":""', `"padding":"${"x".repeat(bytes - body.length)}"`);
  };

  test.each(["application/json", "text/plain"])("%s of 64 KiB is read, of a byte more is not", async (type) => {
    const headers = { "content-type": type };
    expect((await post({ headers, body: sized(65_536) })).status).not.toBe(413);
    for (const bytes of [65_537, 66_560]) {
      const answer = await post({ headers, body: sized(bytes) });
      expect(answer.status).toBe(413);
      expect(answer.headers.get("content-type")).toContain("application/problem+json");
    }
  });

  test("a body that does not say how long it is may be no longer", async () => {
    const bytes = new TextEncoder().encode(sized(66_560));
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(bytes);
        controller.close();
      },
    });
    expect((await post({ headers: { "content-type": "text/plain" }, body })).status).toBe(413);
  });
});

describe("the Origin must be one of the site's", () => {
  let strict: Shop;
  beforeAll(async () => {
    strict = await shop({ origins: ["https://shop.example", "http://127.0.0.1:8080"] });
  });
  const from = (origin: string | null, of: Shop) =>
    post({ json: envelope({ site: of.id }), headers: { ...(origin === null ? {} : { origin }) } });

  test.each(["https://shop.example", "http://127.0.0.1:8080"])("%s is", async (origin) => {
    const answer = await from(origin, strict);
    expect(answer.status).toBe(202);
    expect([origin, "*"]).toContain(answer.headers.get("access-control-allow-origin"));
  });

  test.each([
    "https://evil.example",
    "http://shop.example",
    "https://shop.example:444",
    "https://shop.example.evil.example",
    "null",
  ])("403: %s is not", async (origin) => {
    const answer = await from(origin, strict);
    expect(answer.status).toBe(403);
    expect(answer.headers.get("content-type")).toContain("application/problem+json");
  });

  test("a request without one is allowed", async () => {
    expect((await from(null, strict)).status).toBe(202);
  });

  test("any is allowed where the site lists none, and the page may read the answer", async () => {
    const answer = await from("https://any.example", site);
    expect(answer.status).toBe(202);
    expect(["https://any.example", "*"]).toContain(answer.headers.get("access-control-allow-origin"));
  });
});

describe("names that JavaScript objects have of their own", () => {
  test.each(["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"])(
    "%s as an entity poisons nothing",
    async (name) => {
      const contextId = newContext();
      const snapshot = JSON.stringify(view("v1", THEN)).replace(
        '"entities":{}',
        `"entities":{"${name}":{"polluted":"yes"},"gold":1}`,
      );
      const body = JSON.stringify(envelope({ context_id: contextId, snapshots: [] })).replace(
        '"snapshots":[]',
        `"snapshots":[${snapshot}]`,
      );
      const answer = await post({ headers: { "content-type": "application/json" }, body });
      expect([202, 400]).toContain(answer.status);
      expect(await site.post(newContext(), [view("v1", THEN)])).toEqual(NOTHING_REJECTED);
      const other = newContext();
      await site.post(other, [view("v1", THEN, { entities: { gold: 2 } })]);
      expect(await stored(other)).toEqual({ 0: { gold: 2 } });
    },
  );

  test("__proto__ in place of the envelope's own members is no envelope", async () => {
    const body = `{"__proto__": ${JSON.stringify(envelope())}}`;
    expect((await post({ headers: { "content-type": "application/json" }, body })).status).toBe(400);
  });
});

test.each(["GET", "PUT", "DELETE"])("%s is not what the route is for", async (method) => {
  expect([404, 405]).toContain((await collector.request(method, "/v1/snapshots")).status);
});

test("429 with Retry-After, once an address has asked more often than CALLJOIN_RATE_LIMIT allows in a minute", async () => {
  const limited = await startCollector({ CALLJOIN_RATE_LIMIT: "3" });
  try {
    const shopThere = await openShop(limited.request, limited.adminToken);
    const statuses: number[] = [];
    let retryAfter: string | null = null;
    for (let n = 0; n < 5; n += 1) {
      const answer = await limited.request("POST", "/v1/snapshots", { json: envelope({ site: shopThere.id }) });
      statuses.push(answer.status);
      retryAfter = answer.headers.get("retry-after");
    }
    expect(statuses).toEqual([202, 202, 202, 429, 429]);
    expect(Number(retryAfter)).toBeGreaterThan(0);
    expect(Number(retryAfter)).toBeLessThanOrEqual(60);
  } finally {
    await limited.stop();
  }
});
