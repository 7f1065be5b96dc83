/** What erasing a visitor of a long history costs the others, and that nothing of them is left. The collector runs as its users run it. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import SqliteDatabase from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { allowed, bystanders } from "./contract/bystanders";
import { type Collector, startCollector } from "./contract/process";
import { event, newContext, openShop, type Shop, view } from "./contract/shop";

const VIEWS = 20_000;
const CALLS = 600;
const T = Date.now() - 20 * 86_400_000;
const END = T + VIEWS * 60_000;
const MARK = "marked-for-erasing";
const ALIAS = "gbr0-marked-for-erasing";

let collector: Collector;
let shop: Shop;
let other: Shop;
beforeEach(async () => {
  collector = await startCollector({ LOG_LEVEL: "debug" });
  const webhook = { name: "crm", url: "http://127.0.0.1:9/hook", on: ["call.matched", "call.updated"] };
  shop = await openShop(collector.request, collector.adminToken, {
    entities: [
      { name: "crm", type: "simple", scope: "session", value: "crm" },
      { name: "rtap", type: "simple", scope: "session", value: "rtap", identifies: "responsetap" },
    ],
    webhooks: [{ ...webhook, parameters: [{ name: "crm", value: "entities.crm" }] }],
  });
  other = await openShop(collector.request, collector.adminToken, {});
});
afterEach(() => collector.stop());

/** Files of the store, lines of the log and answers in which one of these stands. */
async function namedIn(...values: string[]): Promise<string[]> {
  const files = readdirSync(collector.data).map((name) => [name, readFileSync(join(collector.data, name), "latin1")]);
  const asked = ["/calls?limit=500", "/deliveries", "/rejected", "/tables/ecBasketTransactionSummary"];
  const answers = await Promise.all(asked.map(async (path) => [path, (await shop.admin("GET", path)).text]));
  const metrics = (await collector.request("GET", "/metrics")).text;
  const texts = [...files, ...answers, ["/metrics", metrics], ["log", collector.output()]];
  return texts.flatMap(([name, text]) => (values.some((value) => text?.includes(value)) ? [String(name)] : []));
}

describe("a visitor of 20,000 views and 600 calls", () => {
  it("is erased while nobody waits for it, and nothing of them is left anywhere", async () => {
    const id = newContext();
    for (let n = 0; n < VIEWS; n += 100) {
      const views = Array.from({ length: 100 }, (_, i) =>
        view(`${MARK}-${n + i}`, T + (n + i) * 60_000, {
          session_id: `${MARK}-${Math.floor((n + i) / 30)}`,
          entities: { crm: `${MARK}-${n + i}`, rtap: ALIAS },
        }),
      );
      await shop.post(id, views);
    }
    const call = (n: number, own: string) =>
      event({ id: own, ts: END + n * 1_000, transaction: `c${n}`, url: `https://shop.example/${MARK}` });
    const calls = Array.from({ length: CALLS }, (_, n) => call(n, n % 2 ? id : ALIAS));
    const half = (odd: number) => calls.filter((_, n) => n % 2 === odd);
    await shop.report("responsetap", ...half(0));
    await shop.report("infinity", ...half(1), event({ id, ts: `${MARK}`, transaction: "refused" }));
    const [matched] = await shop.calls("status=matched&limit=1");
    expect(matched?.join.context_id).toBe(id);
    expect(await shop.calls("status=matched&limit=500")).toHaveLength(500);
    const before = await namedIn(MARK, id);
    expect(before).toEqual(expect.arrayContaining(["calljoin.db", "/calls?limit=500", "/deliveries", "/rejected"]));

    const bound = await allowed(collector, other);
    let status = 0;
    const waited = await bystanders(
      collector,
      other,
      shop.admin("DELETE", `/contexts/${id}`).then((answer) => {
        status = answer.status;
      }),
    );
    expect(status).toBe(204);
    expect([waited.snapshot <= bound.snapshot, waited.livez <= bound.livez, waited]).toEqual([true, true, waited]);
    expect(await namedIn(MARK, id)).toEqual([]);
    const left = await shop.calls("limit=500");
    expect(new Set(left.map(({ join: { reason } }) => reason))).toEqual(new Set(["erased"]));
    await collector.kill();
    const file = new SqliteDatabase(join(collector.data, "calljoin.db"));
    expect(file.pragma("integrity_check")).toEqual([{ integrity_check: "ok" }]);
    file.close();
  });
});
