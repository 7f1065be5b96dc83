/**
 * Stores of released versions, as their own programs made them: `releases/VERSION.db.gz` is the SQLite file, `VERSION.sql.gz` the same on PostgreSQL,
 * `VERSION.json` what that program answered. A release adds its own, with what it can do that others could not, by
 * `CALLJOIN_RELEASE=1.1.0 npx vitest run --project collector test/collector/upgrade/make.test.ts` on its own build; it is never changed afterwards.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Request } from "../contract/http";
import { driveShop, event, MINUTE, view } from "../contract/shop";

export const FOLDER = "test/collector/upgrade/releases";
export const RELEASES = readdirSync(FOLDER).flatMap((name) => /^(.*)\.json$/.exec(name)?.[1] ?? []);

/** What was asked of the release, and its answers. */
export interface Recorded {
  /** The vendor's, and the time of the first view, epoch ms. */
  token: string;
  then: number;
  answers: Record<string, unknown>;
}

export const SHOP = "shop";
export const VISITOR = "6o2diu81w9o-0irxltk5b-u9t1cv4";
export const ERASED = "6o2diu81w9o-0irxltk5b-0000000";

const DOCUMENT = {
  name: "Shoes",
  origins: ["https://shop.example"],
  entities: [
    { name: "plan", type: "simple", scope: "session", value: "plan" },
    { name: "cart", type: "expression", scope: "page_view", value: "window.cart?.total" },
    { name: "rtap", type: "expression", scope: "session", value: "window.rTap?.visitorId", identifies: "responsetap" },
  ],
  vendors: [
    { name: "infinity" },
    { name: "responsetap", offline_prefixes: ["gbr0"] },
    { name: "twilio", adapter: "twilio", secret: "a-secret-of-twilio" },
  ],
  // Nobody listens there, and nobody may be asked: what is to be delivered stays.
  webhooks: [
    {
      name: "crm",
      url: "http://127.0.0.1:9/hook",
      on: ["call.matched"],
      format: "json",
      parameters: [{ name: "plan", value: "entities.plan" }],
    },
  ],
  goals: [{ name: "order", types: ["ecBasketTransactionSummary"], min_total: 1 }],
  retention_days: 3650,
};

/** Fills a collector with some of everything; answers the vendor's token. */
export async function fill(request: Request, adminToken: string, then: number): Promise<string> {
  const shop = driveShop(request, adminToken, SHOP);
  await shop.save(DOCUMENT);
  await shop.save({ ...DOCUMENT, name: "Shoes & boots" });
  const first = view("v1", then, { entities: { plan: "gold", cart: 12.5, rtap: "gbr0-77" } });
  const later = view("v2", then + MINUTE, {
    seq: 0,
    entities: { cart: 99 },
    view: { number: 2, session_view_number: 2 },
  });
  await shop.post(VISITOR, [first, later]);
  await shop.post(ERASED, [view("v1", then)]);
  const total = { value: 49.9, currency: "GBP" };
  const ts = then + 90_000;
  await shop.report(
    "infinity",
    event({ id: VISITOR, ts, total, transaction: "by-context", url: "https://shop.example/v1" }),
  );
  await shop.report(
    "infinity",
    event({ id: VISITOR, ts: ts + 1_000, total: { ...total, value: 51 }, transaction: "by-context" }),
  );
  await shop.report("responsetap", event({ id: "gbr0-77", ts, transaction: "by-alias" }));
  await shop.report("responsetap", event({ id: "gbr0-unknown", ts, transaction: "offline" }));
  await shop.report(
    "infinity",
    event({ id: "null", ts, transaction: "junk" }),
    event({ id: ERASED, ts, transaction: "of-the-erased" }),
  );
  await shop.report("infinity", event({ id: VISITOR, ts, type: "trPackageTransactionSummary", transaction: "trip" }));
  await shop.report("infinity", event({ id: VISITOR, ts: "soon", transaction: "refused" }));
  await shop.admin("DELETE", `/contexts/${ERASED}`);
  return shop.token("infinity");
}

const READINGS = [
  "",
  "?version=1",
  "/calls",
  `/contexts/${VISITOR}`,
  "/tables/ecBasketTransactionSummary",
  "/tables/trPackageTransactionSummary?format=csv",
  "/match-rate?by=vendor",
  "/match-rate?by=day",
  "/rejected",
];

/** All that is asked of a filled collector, but for what depends on the time of day. */
export async function read(request: Request, token: string): Promise<Record<string, unknown>> {
  const answers: Record<string, unknown> = {};
  for (const path of READINGS) {
    const { text, headers } = await request("GET", `/v1/sites/${SHOP}${path}`, { token });
    answers[path] = headers.get("content-type")?.includes("json") ? JSON.parse(text) : text;
  }
  const { text } = await request("GET", `/v1/sites/${SHOP}/deliveries`, { token });
  const { deliveries } = JSON.parse(text) as { deliveries: Record<string, unknown>[] };
  answers["/deliveries"] = deliveries.map(({ id, webhook, event, call_id, version }) => ({
    id,
    webhook,
    event,
    call_id,
    version,
  }));
  return answers;
}

export function recorded(version: string): Recorded {
  return JSON.parse(readFileSync(join(FOLDER, `${version}.json`), "utf8"));
}

/** Lays a release's SQLite store in a folder. */
export function unpack(version: string, folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, "calljoin.db"), gunzipSync(readFileSync(join(FOLDER, `${version}.db.gz`))), {
    mode: 0o600,
  });
}

/** The statements that make a release's store on PostgreSQL. */
export function dump(version: string): string {
  return gunzipSync(readFileSync(join(FOLDER, `${version}.sql.gz`))).toString();
}
