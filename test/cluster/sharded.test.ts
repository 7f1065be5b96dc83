/** Which rows a transaction writes: triggers note it, deletions included, while a built collector is used as it would be. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Collector, startCollector } from "../collector/contract/process";
import { noPostgres, type Postgres, run, startPostgres } from "../collector/store/database";
import { eventually } from "../eventually";
import { type Receiver, startReceiver } from "./receiver";

let server: Postgres;
let receiver: Receiver;
beforeAll(async () => {
  server = await startPostgres();
  receiver = await startReceiver();
});
afterAll(async () => {
  receiver.close();
  await server.stop();
});

/** The column of each key after the site: what the row is about. */
const KEYS = {
  snapshots: "visitor",
  views: "visitor",
  aliases: "visitor",
  due: "subject",
  call_events: "call_id",
  calls: "call_id",
  deliveries: "call_id",
  delivery_attempts: "call_id",
  rejected: "id",
};

const NOTE = `create table written (tx bigint, what text, key text);
  create function note() returns trigger language plpgsql as $$ begin
    insert into written values (txid_current(), tg_op || ' ' || tg_table_name, to_jsonb(coalesce(new, old)) ->> tg_argv[0]);
    return null;
  end $$;`;

const trigger = ([table, column]: [string, string]) =>
  `create trigger note after insert or update or delete on ${table} for each row execute function note('${column}');`;

/** Three visitors, each with two views and two calls of two events each; something refused, too. All at once. */
async function traffic(collector: Collector, token: string): Promise<void> {
  const at = Date.now() - 60_000;
  const sent: Promise<{ status: number }>[] = [];
  for (const visitor of ["visitor-1", "visitor-2", "visitor-3"]) {
    const snapshots = [0, 1, 2].map((seq) => {
      const one = { view_id: `v${seq % 2}`, session_id: "s", seq, at: at + seq, entities: { rtap: `gbr0${visitor}` } };
      return seq === 2 ? { ...one, entities: "none" } : one;
    });
    const events = [0, 1, 2, 3].map((n) => ({
      context: { id: n < 2 ? visitor : `gbr0${visitor}` },
      meta: { type: "ecBasketTransactionSummary", ts: at + 100 + n },
      transaction: { id: `${visitor}-${n % 2}` },
    }));
    const json = { v: 1, site: "shop", context_id: visitor, sent_at: Date.now(), snapshots };
    sent.push(collector.request("POST", "/v1/snapshots", { json }));
    sent.push(collector.request("POST", "/v1/calls/shop", { json: { events: [...events, {}] }, token }));
  }
  for (const { status } of await Promise.all(sent)) expect(status).toBe(202);
}

describe.skipIf(noPostgres)("what one transaction writes on PostgreSQL", () => {
  it.each([
    ["is of one visitor or one call where the database is sharded", "true"],
    ["is of all who come together where it is not", "false"],
  ])("%s", async (_sentence, CALLJOIN_SHARDED) => {
    const url = await server.database();
    const collector = await startCollector({
      DATABASE_URL: url,
      CALLJOIN_ALLOW_PRIVATE: "127.0.0.1",
      CALLJOIN_SHARDED,
    });
    const admin = { token: collector.adminToken };
    await collector.request("PUT", "/v1/sites/shop", {
      ...admin,
      json: {
        name: "Shop",
        entities: [{ name: "rtap", type: "simple", scope: "session", value: "rtap", identifies: "responsetap" }],
        vendors: [{ name: "responsetap", offline_prefixes: ["gbr0"] }],
        webhooks: [{ name: "crm", url: receiver.url, on: ["call.matched", "call.updated"] }],
      },
    });
    const made = await collector.request("POST", "/v1/sites/shop/vendors/responsetap/token", admin);
    await run(url, NOTE + Object.entries(KEYS).map(trigger).join(""));
    await traffic(collector, made.json<{ token: string }>().token);
    const open = "select 1 from deliveries where state <> 'delivered' union all select 1 from due where due_at <= ";
    await eventually(async () => expect(await run(url, open + Date.now())).toEqual([]));
    await collector.stop();

    const written = await run<{ tx: string; what: string; key: string }>(url, "select * from written");
    // What is to be shown was there to be seen.
    const seen = new Set(written.map(({ what }) => what));
    for (const table of Object.keys(KEYS)) expect(seen).toContain(`INSERT ${table}`);
    expect(seen).toContain("DELETE due");
    const keys = new Map<string, Set<string>>();
    for (const { tx, key } of written) keys.set(tx, (keys.get(tx) ?? new Set()).add(key));
    const mixed = [...keys.values()].filter(({ size }) => size > 1);
    if (CALLJOIN_SHARDED === "true") expect(mixed).toEqual([]);
    else expect(mixed).not.toEqual([]);
  });
});
