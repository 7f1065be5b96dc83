import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import SqliteDatabase from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { visitorOf } from "../../../collector/store/visitor";
import { eventually } from "../../eventually";
import { type Collector, startCollector } from "./process";
import { event, MINUTE, newContext, openShop, SECOND, type Shop, THEN, view } from "./shop";

let collector: Collector;
let site: Shop;
beforeAll(async () => {
  collector = await startCollector({ LOG_LEVEL: "debug" });
  site = await openShop(collector.request, collector.adminToken, {
    entities: [
      { name: "basket", type: "expression", scope: "session", value: "basket" },
      { name: "rtap_visitor", type: "expression", scope: "session", value: "rtap", identifies: "responsetap" },
    ],
    webhooks: [
      {
        name: "crm",
        url: "http://127.0.0.1:9/hook?b={{entities.basket}}",
        on: ["call.matched", "call.updated"],
        parameters: [{ name: "basket", value: "entities.basket" }],
      },
    ],
  });
});
afterAll(() => collector.stop());

/** Where a value stands: in which file of the data folder, or in what the collector has printed. */
function found(...values: string[]): string[] {
  const files = readdirSync(collector.data).map((name) => [name, readFileSync(join(collector.data, name), "latin1")]);
  return [...files, ["output", collector.output()]].flatMap(([name, content]) =>
    values
      .filter((value) => content?.includes(value) || content?.includes(visitorOf(value)))
      .map((value) => `${value} in ${name}`),
  );
}

const onSqlite = process.env.CALLJOIN_TEST_DATABASE_URL === undefined && process.env.DATABASE_URL === undefined;
const ERASED = { status: "unmatched", reason: "erased", rule: null, context_id: null, view_id: null };
let visitors = 0;

/** A visitor with a value, an alias, and a call by each of id and alias; all of it bears their mark. */
async function visitor(more: { alias?: string } = {}) {
  const mark = `marked${++visitors}x`;
  const contextId = newContext();
  const alias = more.alias ?? `gbr0-${mark}`;
  await site.post(contextId, [
    view(`view-${mark}`, THEN - MINUTE, {
      session_id: `session-${mark}`,
      view: {
        number: 1,
        url: `https://shop.example/${mark}`,
        referrer: `https://r.example/${mark}`,
        title: mark,
      } as never,
      entities: { basket: `basket-${mark}`, rtap_visitor: alias },
    }),
  ]);
  const url = `https://shop.example/${mark}`;
  const calls = { byId: `o${visitors}-id`, byAlias: `o${visitors}-alias` };
  await site.report("infinity", event({ id: contextId, ts: THEN, transaction: calls.byId, url, source: mark }));
  await site.report("responsetap", event({ id: alias, ts: THEN, transaction: calls.byAlias, url }));
  return { mark, contextId, alias, ...calls, erase: () => site.admin("DELETE", `/contexts/${contextId}`) };
}

describe("an erased visitor", () => {
  test("is nowhere: not in a file, an answer, a delivery or a line of the log, found by id or by alias", async () => {
    const one = await visitor();
    expect((await site.call(one.byAlias)).join).toMatchObject({ status: "matched", rule: "alias" });
    await eventually(async () => expect((await site.admin("GET", "/deliveries")).text).toContain(`basket-${one.mark}`));
    expect((await one.erase()).status).toBe(204);
    expect(found(one.mark, one.contextId)).toEqual([]);
    const answers = ["/calls", "/deliveries", "/rejected", "/tables/ecBasketTransactionSummary", "/entities"];
    for (const path of answers) expect((await site.admin("GET", path)).text).not.toMatch(one.mark);
    for (const order of [one.byId, one.byAlias]) {
      expect(await site.call(order)).toMatchObject({ join: ERASED, context: null, entities: {}, url: "", ts: THEN });
    }
  });

  test("stays erased whatever their vendor says of the call later, and nothing of that is stored", async () => {
    const one = await visitor();
    await one.erase();
    const amended = (id: string, transaction: string) =>
      event({ id, ts: THEN + SECOND, transaction, url: `https://shop.example/${one.mark}`, total: { value: 5 } });
    await site.report("infinity", amended(one.contextId, one.byId));
    await site.report("responsetap", amended(one.alias, one.byAlias));
    await site.report(
      "infinity",
      event({ ts: THEN + SECOND, transaction: one.byId, url: `https://${one.mark}.example/` }),
    );
    const living = await visitor();
    await site.report("infinity", amended(living.contextId, one.byId));
    for (const order of [one.byId, one.byAlias]) {
      expect(await site.call(order)).toMatchObject({ join: ERASED, url: "", total: { value: 5 } });
    }
    expect(found(one.mark, one.contextId)).toEqual([]);
  });

  test("is taken out of what was refused of their calls, before and after, though it names nobody", async () => {
    const one = await visitor();
    const refused = (order: string) => ({
      ...event({ ts: "never", transaction: order }),
      note: `https://shop.example/${one.mark}`,
    });
    await site.report("infinity", refused(one.byId), refused("somebody-else's"));
    expect((await site.admin("GET", "/rejected")).text.split(one.mark)).toHaveLength(3);
    await one.erase();
    await site.report("infinity", refused(one.byId));
    const { rejected } = (await site.admin("GET", "/rejected")).json<{
      rejected: { body: unknown; reason: string }[];
    }>();
    expect(rejected.filter(({ body }) => JSON.stringify(body).includes(one.mark))).toHaveLength(1);
    expect(rejected.some(({ reason }) => reason === "erased")).toBe(true);
  });

  test("is not come back to under their alias, unless somebody else has shown it", async () => {
    const one = await visitor();
    await one.erase();
    await site.report("responsetap", event({ id: one.alias, ts: THEN, transaction: `${visitors}-later` }));
    expect((await site.call(`${visitors}-later`)).join).toMatchObject(ERASED);
    expect(found(one.mark)).toEqual([]);

    const [first, second] = [await visitor({ alias: "gbr0-shared" }), await visitor({ alias: "gbr0-shared" })];
    await first.erase();
    await site.report("responsetap", event({ id: "gbr0-shared", ts: THEN, transaction: "shared" }));
    expect((await site.call("shared")).join).toMatchObject({ status: "matched", context_id: second.contextId });
  });

  test("has nothing in its place that could be used as an id", async () => {
    const one = await visitor();
    await one.erase();
    const { text } = await site.admin("GET", `/calls?transaction_id=${one.byId}`);
    const ids = [...text.matchAll(/"([^"]{8,128})"/g)].map(([, id]) => id as string);
    for (const id of [...ids, `erased:${"0".repeat(64)}`]) {
      const json = {
        v: 1,
        site: site.id,
        context_id: id,
        sent_at: Date.now(),
        snapshots: [view("thief", THEN - MINUTE)],
      };
      await collector.request("POST", "/v1/snapshots", { json });
    }
    await site.report("infinity", event({ ts: THEN + 2 * SECOND, transaction: one.byId }));
    expect((await site.call(one.byId)).join).toMatchObject(ERASED);
  });

  test("is taken out of what was refused and out of raw bodies that name them in any field, and no look-alike with them", async () => {
    const mine = "visitor_number_1";
    const alike = "visitor-number-1";
    await site.report("infinity", { ...event({ ts: "never", transaction: "x" }), note: mine });
    await site.report("infinity", { ...event({ ts: "never", transaction: "x" }), note: alike });
    await site.report("infinity", {
      ...event({ ts: THEN, transaction: "named-within" }),
      cookies: { a: `b=${mine}; c=d` },
    });
    await site.post(alike, [view("v1", THEN - MINUTE)]);
    await site.report("infinity", { ...event({ id: alike, ts: THEN, transaction: "others" }), friend: mine });
    expect((await site.admin("DELETE", `/contexts/${mine}`)).status).toBe(204);
    expect(found(mine)).toEqual([]);
    expect((await site.admin("GET", "/rejected")).text).toContain(alike);
    expect((await site.call("named-within")).join).toMatchObject(ERASED);
    expect((await site.call("others")).join).toMatchObject({ status: "matched", context_id: alike });

    const receipt = await site.report("infinity", { ...event({ ts: "never", transaction: "y" }), note: `a ${mine} b` });
    expect(receipt.rejected).toHaveLength(1);
    await site.report("infinity", {
      ...event({ ts: THEN, transaction: "named-later" }),
      cookies: { a: `b=${mine}; c=d` },
    });
    expect((await site.call("named-later")).join).toMatchObject(ERASED);
    expect(found(mine)).toEqual([]);
  });
});

describe.skipIf(!onSqlite)("an erasure that a reader of the store holds up", () => {
  /** Somebody's backup, which reads the store as of now until it is closed. */
  function reader() {
    const file = new SqliteDatabase(join(collector.data, "calljoin.db"), { readonly: true });
    file.exec("begin");
    file.prepare("select count(*) from snapshots").get();
    return file;
  }

  test("answers 202 and when to ask again, takes nothing more, and is done when the reader has gone", async () => {
    const one = await visitor();
    const backup = reader();
    const answer = await one.erase();
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([202, "5"]);
    expect(found(one.mark)).not.toEqual([]);
    expect(await site.post(one.contextId, [view("v2", THEN)])).toMatchObject({ rejected: [{ reason: "erased" }] });
    expect((await site.call(one.byId)).join).toMatchObject(ERASED);
    backup.close();
    await eventually(() => expect(found(one.mark, one.contextId)).toEqual([]));
    expect((await one.erase()).status).toBe(204);
  });

  test("is done after a restart, too", { tags: ["long"] }, async () => {
    const one = await visitor();
    const backup = reader();
    expect((await one.erase()).status).toBe(202);
    await collector.kill();
    backup.close();
    await collector.crash();
    await eventually(() => expect(found(one.mark, one.contextId)).toEqual([]));
  });
});

test("an erasure that a crash has interrupted is finished by the next start", { tags: ["long"] }, async () => {
  const contextId = newContext();
  const views = (from: number) =>
    Array.from({ length: 100 }, (_, n) =>
      view(`v${from + n}`, THEN - MINUTE + n, {
        entities: { basket: `interrupted-${from + n}`, rtap_visitor: "gbr0-cut" },
      }),
    );
  for (let from = 0; from < 500; from += 100) await site.post(contextId, views(from));
  const calls = Array.from({ length: 100 }, (_, n) => event({ id: contextId, ts: THEN, transaction: `cut-${n}` }));
  await site.report("infinity", ...calls);
  const erasing = site.admin("DELETE", `/contexts/${contextId}`).catch(() => null);
  const theirs = async () => (await site.calls(`context_id=${contextId}&limit=200`)).length;
  const left = await eventually(async () => {
    const calls = await theirs();
    expect(calls).toBeLessThan(100);
    return calls;
  }, 1);
  expect(left).toBeGreaterThan(0);
  await collector.crash();
  await erasing;
  if (onSqlite) await eventually(() => expect(found(contextId, "interrupted-", "gbr0-cut")).toEqual([]));
  expect((await site.admin("DELETE", `/contexts/${contextId}`)).status).toBe(204);
  for (const call of await site.calls("transaction_id=cut-99")) expect(call.join).toMatchObject(ERASED);
});
