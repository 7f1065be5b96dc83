/** The collector is asked to stop (SIGTERM) while somebody would keep it waiting. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { driveShop, event, newContext, type Shop, view } from "../collector/contract/shop";
import type { Delivery } from "../collector/forward/world";
import { eventually } from "../eventually";
import { ADMIN, type Instance, newInstance } from "./process";

/** Milliseconds are measured on machines that do much else: a test that measures them may try thrice. */
const MEASURED = { retry: 2 };

/** Ten are what `docker stop` gives; whoever runs it waits for all of them at each restart. */
const MOST_MS = 5_000;

let instance: Instance;
let shop: Shop;
const sockets: Socket[] = [];
beforeEach(async () => {
  instance = await newInstance({ LOG_LEVEL: "silent", CALLJOIN_ALLOW_PRIVATE: "127.0.0.1" });
  shop = driveShop(instance.request, ADMIN, "shop");
  await instance.start();
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await instance.remove();
});

async function connected(): Promise<Socket> {
  const socket = connect(Number(new URL(instance.origin).port), "127.0.0.1").on("error", () => undefined);
  sockets.push(socket);
  await once(socket, "connect");
  return socket;
}

async function stopped(): Promise<number> {
  const began = performance.now();
  expect(await instance.end("SIGTERM")).toBe(0);
  return performance.now() - began;
}

test("a connection that was opened in advance and never used does not hold it up", MEASURED, async () => {
  await connected();
  // All are cut off after 2.5 s.
  expect(await stopped()).toBeLessThan(2_200);
});

test("nor does, for long, a client that stopped in the middle of its request", MEASURED, async () => {
  (await connected()).write("POST /v1/snapshots HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc");
  expect(await stopped()).toBeLessThan(MOST_MS);
});

test("nor a webhook's receiver that hangs: what it was to get is sent again at the next start", MEASURED, async () => {
  const ids: string[] = [];
  let hangs = true;
  const receiver: Server = createServer((request, response) => {
    ids.push(String(request.headers["webhook-id"]));
    if (!hangs) response.writeHead(204).end();
  }).listen(0, "127.0.0.1");
  try {
    await once(receiver, "listening");
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
    await shop.save({ name: "Shoes", vendors: [{ name: "infinity" }], webhooks: [{ name: "crm", url }] });
    const id = newContext();
    await shop.post(id, [view("view-1", Date.now() - 2_000)], Date.now());
    await shop.report("infinity", event({ id, ts: Date.now() - 1_000, transaction: "t-1" }));
    await eventually(() => expect(ids).toHaveLength(1));
    expect(await stopped()).toBeLessThan(MOST_MS);
    hangs = false;
    await instance.start();
    await eventually(() => expect(ids).toHaveLength(2));
    expect(ids[0]).toBe(ids[1]);
    const told = async () => (await shop.admin("GET", "/deliveries")).json<{ deliveries: Delivery[] }>().deliveries;
    await eventually(async () => expect((await told())[0]?.state).toBe("delivered"));
    const [delivery] = await told();
    expect(delivery?.attempts.map(({ error, status }) => [status, error])).toEqual([
      [null, "the collector was stopped before an answer came"],
      [204, null],
    ]);
  } finally {
    receiver.closeAllConnections();
    receiver.close();
  }
});

test("that is asked to stop as soon as it says that it is ready ends as ever", async () => {
  for (let n = 0; n < 5; n += 1) {
    expect(await instance.end("SIGTERM")).toBe(0);
    await instance.start();
  }
});

test("that is asked to stop while it waits for its database ends, be it a container's first process", async () => {
  const waiting = await newInstance({ DATABASE_URL: "postgres://nobody:nothing@127.0.0.1:1/none" });
  const start = waiting.start().catch(() => undefined);
  await eventually(() => expect(waiting.output()).toContain("trying again"));
  // By its own will: a signal's default action would leave no code, and the first process of a container has none.
  expect(await waiting.end("SIGTERM")).toBe(0);
  await start;
  await waiting.remove();
});
