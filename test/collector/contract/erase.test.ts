import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Collector, startCollector } from "./process";
import { event, MINUTE, newContext, openShop, SECOND, type Shop, THEN, view } from "./shop";

let collector: Collector;
let site: Shop;
beforeAll(async () => {
  collector = await startCollector();
  site = await openShop(collector.request, collector.adminToken, {
    entities: [
      { name: "basket", type: "expression", scope: "session", value: "basket" },
      { name: "rtap_visitor", type: "expression", scope: "session", value: "rtap", identifies: "responsetap" },
    ],
  });
});
afterAll(() => collector.stop());

let orders = 0;

/** A visitor with a snapshot, a call by context_id and one by alias, who then is erased. */
async function erased() {
  const contextId = newContext();
  const order = ++orders;
  const names = { byId: `erase-${order}-a`, byAlias: `erase-${order}-b` };
  const alias = `gbr0-erased-${order}`;
  await site.post(contextId, [
    view("v1", THEN - MINUTE, { entities: { basket: `secret-of-${order}`, rtap_visitor: alias } }),
  ]);
  await site.report(
    "infinity",
    event({ id: contextId, ts: THEN, transaction: names.byId, url: `https://shop.example/secret-of-${order}` }),
  );
  await site.report("responsetap", event({ id: alias, ts: THEN, transaction: names.byAlias }));
  const answer = await site.admin("DELETE", `/contexts/${contextId}`);
  return { answer, contextId, alias, secret: `secret-of-${order}`, ...names };
}

describe("erasing a visitor", () => {
  test("answers 204, and the context is gone", async () => {
    const { answer, contextId } = await erased();
    expect([answer.status, answer.text]).toEqual([204, ""]);
    expect((await site.admin("GET", `/contexts/${contextId}`)).status).toBe(404);
  });

  test("keeps their calls: unmatched, erased, with none of their values", async () => {
    const { byId, byAlias, secret } = await erased();
    for (const transaction of [byId, byAlias]) {
      const call = await site.call(transaction);
      expect(call).toMatchObject({
        join: { status: "unmatched", reason: "erased", rule: null, session_id: null, view_id: null, gap_ms: null },
        context: null,
        entities: {},
      });
      expect(JSON.stringify({ ...call, url: "" })).not.toContain(secret);
    }
  });

  test("rejects their later snapshots as `erased`, and a later call finds them erased", async () => {
    const { contextId } = await erased();
    const receipt = await site.post(contextId, [view("v2", THEN)]);
    expect(receipt).toMatchObject({ accepted: 0, duplicate: 0, rejected: [{ index: 0, reason: "erased" }] });
    await site.report("infinity", event({ id: contextId, ts: THEN + SECOND, transaction: `${contextId}-after` }));
    expect((await site.call(`${contextId}-after`)).join).toMatchObject({ status: "unmatched", reason: "erased" });
  });

  test("leaves neither their id nor their values in any file of the store, the raw bodies included", async () => {
    const { contextId, secret } = await erased();
    await site.post(contextId, [view("v9", THEN, { entities: { basket: `${secret}-again` } })]);
    await site.post(contextId, [{ view_id: "broken", entities: { basket: `${secret}-again` } }]);
    await collector.crash();
    const files = await readdir(collector.data, { recursive: true, withFileTypes: true });
    const paths = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
    const found = [];
    for (const path of paths) {
      const content = await readFile(path, "latin1");
      found.push(
        ...[secret, contextId].filter((value) => content.includes(value)).map((value) => `${value} in ${path}`),
      );
    }
    expect(found).toEqual([]);
  });

  test("of nobody known is remembered all the same: what comes later is rejected", async () => {
    const contextId = newContext();
    expect((await site.admin("DELETE", `/contexts/${contextId}`)).status).toBe(204);
    expect(await site.post(contextId, [view("v1", THEN)])).toMatchObject({ rejected: [{ reason: "erased" }] });
  });

  test("touches nobody else", async () => {
    const other = newContext();
    await site.post(other, [view("v1", THEN - MINUTE, { entities: { basket: 1 } })]);
    await site.report("infinity", event({ id: other, ts: THEN, transaction: `${other}-call` }));
    const before = await site.call(`${other}-call`);
    await erased();
    expect(await site.call(`${other}-call`)).toEqual(before);
  });
});
