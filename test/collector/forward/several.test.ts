import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { expect, test } from "vitest";
import { createForwarder } from "../../../collector/forward/forwarder";
import { createSites } from "../../../collector/site/registry";
import { sqlite } from "../../../collector/store/sqlite";
import { openStore } from "../../../collector/store/store";
import type { DeliveryRow } from "../../../collector/store/tables";
import { siteSchema } from "../../../collector/wire/site";

const NOW = 1_800_000_000_000;

test("several collectors on one database send each delivery once, and one alone takes over what another left", async () => {
  const folder = await mkdtemp(join(tmpdir(), "calljoin-several-"));
  const time = { now: NOW };
  const sent: string[] = [];
  const open = async () => {
    const store = await openStore(sqlite(folder));
    const sites = createSites(store, () => time.now);
    const forwarder = createForwarder({
      store,
      sites,
      clock: () => time.now,
      random: () => 0.5,
      log: pino({ level: "silent" }),
      send: async ({ headers }) => {
        sent.push(headers["webhook-id"] ?? "");
        await new Promise((resolve) => setImmediate(resolve));
        return { status: 204, retryAfter: null, response: "", error: null, ms: 1 };
      },
    });
    return { store, sites, forwarder };
  };
  const collectors = [await open(), await open(), await open()];
  const [first] = collectors;
  if (!first) throw new Error("no collector");
  const webhooks = ["a", "b"].map((name) => ({ name, url: "https://crm.example/" }));
  const secret = { hash: "h", secret: `whsec_${Buffer.alloc(32).toString("base64")}` };
  const secrets = webhooks.map(({ name }) => ({ kind: "webhook_secret" as const, name, put: secret }));
  await first.sites.save("shop", siteSchema.parse({ name: "Shop", webhooks }), secrets);

  const rows = Array.from({ length: 200 }, (_, n) => delivery(n));
  await first.store.joining((tx) => tx.addDeliveries(rows));
  // Claimed by a collector that is gone.
  const lost = await first.store.claimDelivery("shop", "a", NOW, NOW + 20_000);
  await Promise.all(collectors.map(({ forwarder }) => forwarder.run()));
  expect(sent).toHaveLength(199);
  time.now = NOW + 20_000;
  await Promise.all(collectors.map(({ forwarder }) => forwarder.run()));
  expect(sent.at(-1)).toBe(lost?.id);
  expect(new Set(sent)).toEqual(new Set(rows.map(({ id }) => id)));
  expect(sent).toHaveLength(200);

  await Promise.all(collectors.map(({ store }) => store.close()));
  await rm(folder, { recursive: true, force: true });
});

function delivery(n: number): DeliveryRow {
  return {
    site: "shop",
    call_id: `call-${n}`,
    id: `delivery-${n}`,
    webhook: n % 2 === 0 ? "a" : "b",
    event: "call.matched",
    version: 1,
    state: "pending",
    request: JSON.stringify({ format: "json", body: "{}", fill: {} }),
    made_at: NOW,
    failures: 0,
    next_attempt_at: NOW,
    ended_at: null,
  };
}
