import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { createApp } from "../../../collector/app";
import { createAddressFilter } from "../../../collector/forward/address";
import { createSender } from "../../../collector/forward/send";
import { rejoin } from "../../../collector/rejoin";
import { sqlite } from "../../../collector/store/sqlite";
import { openStore } from "../../../collector/store/store";
import { client, type Request } from "../contract/http";
import { driveShop, event, newContext, type Shop, THEN, view } from "../contract/shop";

/** A delivery as contract 8 shows it. */
export interface Delivery {
  id: string;
  webhook: string;
  event: string;
  call_id: string;
  version: number;
  state: "pending" | "delivered" | "dead";
  attempts: {
    at: number;
    status: number | null;
    ms: number;
    error: string | null;
    request: unknown;
    response: string;
  }[];
  next_attempt_at: number | null;
}

/** A collector in the test's process whose clock stands until it is moved, and which may reach 127.0.0.1. */
export interface World {
  request: Request;
  /** Where it listens. */
  origin: string;
  now(): number;
  /** Moves the clock and does everything that has become due. */
  pass(ms: number): Promise<void>;
  /** Joins all calls of a site anew, as `calljoin rejoin` does. */
  rejoin(shop: Shop, tell: boolean): Promise<void>;
  /** Sends what is due now. */
  send(): Promise<void>;
  /** A site with these webhooks. */
  shop(document: object): Promise<Shop>;
  /** A visitor on a page and their call; answers the call's transaction id. */
  matchedCall(shop: Shop, more?: { entities?: object; total?: object }): Promise<string>;
  deliveries(shop: Shop, query?: string): Promise<Delivery[]>;
  secret(shop: Shop, webhook: string): Promise<string>;
  /** All that the collector's files and its log say. */
  everything(): Promise<string>;
  stop(): Promise<void>;
}

const ADMIN = "admin-token-of-the-webhook-tests";

export async function startWorld({
  timeoutMs = 15_000,
  trustProxy = false as false | number,
  publicUrl = undefined as string | undefined,
  secretsFolder = undefined as string | undefined,
} = {}): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), "calljoin-forward-"));
  const time = { now: THEN };
  const clock = () => time.now;
  const logged: string[] = [];
  const store = await openStore(sqlite(folder));
  const { app, joiner, forwarder, drain } = createApp({
    store,
    clock,
    log: pino({ level: "trace" }, { write: (line: string) => void logged.push(line) }),
    adminToken: ADMIN,
    sdk: { script: "var boot = function () {};", inspector: "" },
    rateLimit: 0,
    trustProxy,
    publicUrl,
    secretsFolder,
    send: createSender({ filter: createAddressFilter(["127.0.0.1"]), clock, timeoutMs }),
  });
  const server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const request = client(origin);
  const send = async () => {
    await forwarder.poll();
    await forwarder.idle();
  };
  let shops = 0;
  let calls = 0;

  return {
    request,
    origin,
    now: clock,
    async pass(ms) {
      // A leap of the clock must not end the lease of what is under way.
      await send();
      time.now += ms;
      await joiner.sweep();
      await send();
    },
    async rejoin(shop, tell) {
      for await (const _progress of rejoin(store, clock, shop.id, { tell }));
    },
    send,
    async everything() {
      const files = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), "latin1")));
      return [...files, ...logged].join("");
    },
    async shop(document) {
      const shop = driveShop(request, ADMIN, `shop-${++shops}`);
      const saved = await shop.save({ name: "Shoes", vendors: [{ name: "infinity" }], ...document });
      if (saved.status !== 201) throw new Error(saved.text);
      return shop;
    },
    async matchedCall(shop, { entities = {}, total } = {}) {
      const id = newContext();
      const transaction = `order-${++calls}`;
      await shop.post(id, [view(`view-${calls}`, time.now - 2_000, { entities: entities as never })], time.now);
      await shop.report("infinity", event({ id, ts: time.now - 1_000, transaction, total: (total ?? null) as never }));
      return transaction;
    },
    async deliveries(shop, query = "") {
      const answer = await shop.admin("GET", `/deliveries?${query}`);
      if (answer.status !== 200) throw new Error(answer.text);
      return answer.json<{ deliveries: Delivery[] }>().deliveries;
    },
    async secret(shop, webhook) {
      return (await shop.admin("POST", `/webhooks/${webhook}/secret`)).json<{ secret: string }>().secret;
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      await drain();
      await forwarder.stop();
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
