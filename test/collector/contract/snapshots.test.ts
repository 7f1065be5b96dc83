import { beforeAll, describe, expect, test } from "vitest";
import { exchange } from "../hostile/raw";
import type { Asked, Receipt } from "./http";
import { sharedCollector } from "./shared";
import { MINUTE, newContext, openShop, SECOND, type Shop, THEN, view } from "./shop";

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

describe("an accepted snapshot", () => {
  test("is counted, and can be read at once", async () => {
    const contextId = newContext();
    const second = { view_id: "v1", session_id: "session-1", seq: 1, at: THEN + SECOND, entities: { gold: 2 } };
    expect(await site.post(contextId, [view("v1", THEN, { entities: { gold: 1 } }), second])).toEqual({
      accepted: 2,
      duplicate: 0,
      rejected: [],
    });
    expect(await stored(contextId)).toEqual({ 0: { gold: 1 }, 1: { gold: 2 } });
  });

  test.each(["application/json", "text/plain", "text/plain;charset=UTF-8", "application/json; charset=utf-8"])(
    "may be posted as %s",
    async (type) => {
      const answer = await post({ headers: { "content-type": type }, body: JSON.stringify(envelope()) });
      expect([answer.status, answer.json()]).toEqual([202, NOTHING_REJECTED]);
    },
  );

  test("is answered alike however its route is spelt, headers and all", async () => {
    const answers = await Promise.all(
      ["/v1/snapshots", "/v1/snapshots?", "/v1/snapshots/", "/V1/Snapshots", "http://a.example/v1/snapshots"].map(
        (url) => {
          const body = JSON.stringify(envelope());
          const head = `POST ${url} HTTP/1.1\r\nHost: a.example\r\nOrigin: https://shop.example\r\nConnection: close`;
          return exchange(collector.origin, `${head}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
        },
      ),
    );
    const [plain, ...others] = answers.map((answer) => {
      const [head = "", body] = answer.split("\r\n\r\n");
      const [status, ...headers] = head.split("\r\n");
      return { status, headers: headers.filter((line) => !/^(date|ratelimit)/i.test(line)).sort(), body };
    });
    expect(plain).toMatchObject({ status: "HTTP/1.1 202 Accepted", body: JSON.stringify(NOTHING_REJECTED) });
    expect(plain?.headers).toContain("Access-Control-Allow-Origin: https://shop.example");
    for (const other of others) expect(other).toEqual(plain);
  });

  test("may say only that the view is still open", async () => {
    const contextId = newContext();
    const open = { view_id: "v1", session_id: "session-1", seq: 1, at: THEN + MINUTE };
    expect(await site.post(contextId, [view("v1", THEN), open])).toMatchObject({ accepted: 2 });
    const { sessions } = (await site.admin("GET", `/contexts/${contextId}`)).json<{
      sessions: { views: { last_seen_at: number }[] }[];
    }>();
    expect(sessions[0]?.views[0]?.last_seen_at).toBe(THEN + MINUTE);
  });

  test("may come after its view's later ones", async () => {
    const contextId = newContext();
    await site.post(contextId, [
      { view_id: "v1", session_id: "session-1", seq: 1, at: THEN + SECOND, entities: { gold: 2 } },
    ]);
    expect(await site.post(contextId, [view("v1", THEN, { entities: { gold: 1 } })])).toEqual(NOTHING_REJECTED);
  });
});

describe("a snapshot that is posted again", () => {
  test("is a duplicate, whenever it was sent and however its members are ordered", async () => {
    const body = envelope();
    await post({ json: body });
    const [snapshot] = body.snapshots;
    const reordered = Object.fromEntries(Object.entries(snapshot ?? {}).toReversed());
    for (const again of [body, { ...body, sent_at: body.sent_at + SECOND }, { ...body, snapshots: [reordered] }])
      expect((await post({ json: again })).json()).toEqual({ accepted: 0, duplicate: 1, rejected: [] });
  });

  test("twice in one envelope is stored once", async () => {
    const body = envelope({ snapshots: [view("v1", THEN), view("v1", THEN)] });
    expect((await post({ json: body })).json()).toEqual({ accepted: 1, duplicate: 1, rejected: [] });
  });

  test.each([
    ["entities", { entities: { gold: "other" } }],
    ["time", { at: THEN + 1 }],
    ["session", { session_id: "session-2" }],
    ["view", { view: { url: "https://shop.example/other" } }],
  ])("with another %s is a conflict, and the first one stays", async (_name, change) => {
    const contextId = newContext();
    const first = view("v1", THEN, { entities: { gold: "first" } });
    await site.post(contextId, [first]);
    const changed = { ...first, ...change, view: { ...first.view, ...("view" in change ? change.view : {}) } };
    const receipt = await site.post(contextId, [changed]);
    expect(receipt).toMatchObject({ accepted: 0, duplicate: 0, rejected: [{ index: 0, reason: "conflict" }] });
    expect(await stored(contextId)).toEqual({ 0: { gold: "first" } });
  });

  test("with another body in the same envelope is a conflict", async () => {
    const contextId = newContext();
    const snapshots = [view("v1", THEN, { entities: { gold: 1 } }), view("v1", THEN, { entities: { gold: 2 } })];
    expect(await site.post(contextId, snapshots)).toMatchObject({
      accepted: 1,
      rejected: [{ index: 1, reason: "conflict" }],
    });
    expect(await stored(contextId)).toEqual({ 0: { gold: 1 } });
  });

  test("under the same view and number but of another visitor is another snapshot", async () => {
    const snapshot = view("v1", THEN);
    for (const contextId of [newContext(), newContext()])
      expect(await site.post(contextId, [snapshot])).toEqual(NOTHING_REJECTED);
  });
});
