import { describe, expect, test } from "vitest";
import { HOUR, MINUTE, SECOND } from "../contract/shop";
import { ok, type Received, type Receiver, startReceiver, status } from "./receiver";
import { receiver, shopWith, startEach, world } from "./webhook-shop";

startEach();

describe("a receiver that", () => {
  test("fails is tried again, under one id, and the delivery's log says all of it", async () => {
    receiver.behave(status(500));
    const shop = await shopWith();
    await world.matchedCall(shop);
    await world.send();
    const [waiting] = await world.deliveries(shop, "state=pending");
    expect(waiting).toMatchObject({ attempts: [{ at: world.now(), status: 500, error: null, response: "said 500" }] });
    expect((waiting?.next_attempt_at ?? 0) - world.now()).toBeGreaterThanOrEqual(4_000);
    expect((waiting?.next_attempt_at ?? 0) - world.now()).toBeLessThanOrEqual(6_000);
    await world.pass(3_000);
    expect(receiver.received).toHaveLength(1);
    receiver.behave(ok);
    await world.pass(3_001);
    const [first, second, ...more] = receiver.received as [Received, Received];
    expect([first.id, more]).toEqual([second.id, []]);
    expect(second.headers["webhook-timestamp"]).not.toBe(first.headers["webhook-timestamp"]);
    expect(await world.deliveries(shop)).toMatchObject([
      { state: "delivered", next_attempt_at: null, attempts: [{ status: 500 }, { status: 204 }] },
    ]);
    await world.pass(48 * HOUR);
    expect(receiver.received).toHaveLength(2);
  });

  test("is slow, but answers in time, is asked once", async () => {
    receiver.behave((_request, response) => void setTimeout(() => response.writeHead(200).end(), 150));
    const shop = await shopWith();
    await world.matchedCall(shop);
    await world.send();
    await world.pass(HOUR);
    expect(receiver.received).toHaveLength(1);
    expect(await world.deliveries(shop)).toMatchObject([{ state: "delivered", attempts: [{ status: 200 }] }]);
  });

  test("is down for an hour gets everything once it is back, each exactly once", async () => {
    const shop = await shopWith();
    const counted = new Map<string, number>();
    receiver.behave((request, _response, raw) => {
      counted.set(request.id, 0);
      raw.socket.destroy();
    });
    for (let minute = 0; minute < 60; minute++) {
      if (minute % 3 === 0) await world.matchedCall(shop);
      await world.pass(MINUTE);
    }
    receiver.behave((request, response, raw) => {
      counted.set(request.id, (counted.get(request.id) ?? 0) + 1);
      ok(request, response, raw);
    });
    for (let step = 0; step < 24; step++) await world.pass(10 * MINUTE);
    expect(counted.size).toBe(20);
    expect([...counted.values()]).toEqual(Array(20).fill(1));
    expect(await world.deliveries(shop, "state=delivered")).toHaveLength(20);
  });

  test("never comes back is given up after ten attempts, and a person can replay it", async () => {
    receiver.behave(status(500));
    const shop = await shopWith();
    await world.matchedCall(shop);
    await world.send();
    for (let hour = 0; hour < 100; hour++) await world.pass(HOUR);
    const [dead] = await world.deliveries(shop, "state=dead");
    expect(dead).toMatchObject({ next_attempt_at: null, state: "dead" });
    expect(receiver.received).toHaveLength(10);
    receiver.behave(ok);
    expect((await shop.admin("POST", `/deliveries/${dead?.id}/replay`)).status).toBe(202);
    await world.send();
    expect(await world.deliveries(shop)).toMatchObject([{ id: dead?.id, state: "delivered" }]);
    expect(new Set(receiver.received.map(({ id }) => id))).toEqual(new Set([dead?.id]));
  });

  test("has lost some gets all that were given up since a time, and no others", async () => {
    const shop = await shopWith();
    receiver.behave(status(500));
    const early = await world.matchedCall(shop);
    for (let hour = 0; hour < 100; hour++) await world.pass(HOUR);
    const since = world.now();
    await world.matchedCall(shop);
    await world.matchedCall(shop);
    for (let hour = 0; hour < 100; hour++) await world.pass(HOUR);
    receiver.behave(ok);
    const answer = await shop.admin("POST", "/deliveries/replay", { since });
    expect([answer.status, answer.json()]).toEqual([202, { replayed: 2 }]);
    await world.send();
    const [left, ...others] = await world.deliveries(shop, "state=dead");
    expect([left?.call_id, others]).toEqual([(await shop.call(early)).id, []]);
  });

  test("answers 410 is switched off, says so in the site document, and is sent nothing more until it is saved anew", async () => {
    receiver.behave(status(500));
    const shop = await shopWith();
    await world.matchedCall(shop);
    await world.send();
    receiver.behave(status(410));
    await world.matchedCall(shop);
    await world.send();
    const document = (await shop.admin("GET", "")).json<{ version: number; webhooks: { off?: string }[] }>();
    expect(document.webhooks[0]?.off).toContain("answered 410 Gone");
    expect(document.version).toBe(2);
    expect(await world.deliveries(shop, "state=dead")).toHaveLength(2);
    const before = receiver.received.length;
    await world.matchedCall(shop);
    await world.pass(48 * HOUR);
    expect(receiver.received).toHaveLength(before);

    receiver.behave(ok);
    await shop.save({ ...document, webhooks: document.webhooks.map(({ off: _, ...webhook }) => webhook) });
    await world.pass(2 * SECOND);
    await world.matchedCall(shop);
    await world.send();
    expect(receiver.received).toHaveLength(before + 1);
  });

  test("answers 429 with Retry-After is left alone for as long", async () => {
    receiver.behave(status(429, { "Retry-After": "90" }));
    const shop = await shopWith();
    await world.matchedCall(shop);
    await world.send();
    receiver.behave(ok);
    await world.pass(89 * SECOND);
    expect(receiver.received).toHaveLength(1);
    await world.pass(1 * SECOND);
    expect(receiver.received).toHaveLength(2);
  });

  test("redirects has failed, and where it points to is not asked", async () => {
    const elsewhere = await startReceiver();
    receiver.behave(status(302, { Location: elsewhere.url }));
    const shop = await shopWith();
    await world.matchedCall(shop);
    await world.send();
    expect(await world.deliveries(shop)).toMatchObject([{ state: "pending", attempts: [{ status: 302 }] }]);
    expect(elsewhere.connections()).toBe(0);
    await elsewhere.stop();
  });

  test.each<[string, Parameters<Receiver["behave"]>[0]]>([
    ["hangs", () => {}],
    ["resets the connection", (_request, _response, raw) => void raw.socket.resetAndDestroy()],
    ["closes it without a word", (_request, _response, raw) => void raw.socket.destroy()],
    ["speaks no HTTP", (_request, _response, raw) => void raw.socket.end("220 mail ready\r\n")],
    [
      "switches protocols",
      (_request, response) => void response.writeHead(101, { Upgrade: "x", Connection: "upgrade" }).end(),
    ],
  ])("%s has failed, and is tried again", async (_name, behaviour) => {
    receiver.behave(behaviour);
    const shop = await shopWith();
    await world.matchedCall(shop);
    await world.send();
    const [delivery] = await world.deliveries(shop);
    expect(delivery).toMatchObject({ state: "pending", attempts: [{ response: "" }] });
    receiver.behave(ok);
    await world.pass(MINUTE);
    expect(await world.deliveries(shop)).toMatchObject([{ state: "delivered" }]);
  });

  test("is not there has failed, with the reason in the log", async () => {
    const shop = await shopWith({ url: "http://127.0.0.1:1/" });
    await world.matchedCall(shop);
    await world.send();
    const [delivery] = await world.deliveries(shop);
    expect(delivery?.attempts[0]).toMatchObject({ status: null, error: expect.stringContaining("ECONNREFUSED") });
  });

  test("answers a gigabyte is believed its status, and no more than 20,000 bytes are read", async () => {
    let written = 0;
    receiver.behave((_request, response) => {
      response.writeHead(200);
      const chunk = Buffer.alloc(64 * 1024, "x");
      const more = () => {
        while (!response.destroyed && written < 1e9) {
          written += chunk.length;
          if (!response.write(chunk)) return void response.once("drain", more);
        }
        response.end();
      };
      more();
    });
    const shop = await shopWith();
    await world.matchedCall(shop);
    await world.send();
    const [delivery] = await world.deliveries(shop);
    expect(delivery?.state).toBe("delivered");
    expect(delivery?.attempts[0]?.response).toBe("x".repeat(20_000));
    expect(written).toBeLessThan(50e6);
  });

  test("drips its answer for ever is cut off, and its status stands", async () => {
    receiver.behave((_request, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write("."), 20);
      response.on("close", () => clearInterval(timer));
    });
    const shop = await shopWith();
    await world.matchedCall(shop);
    await world.send();
    expect(await world.deliveries(shop)).toMatchObject([
      { state: "delivered", attempts: [{ status: 200, response: expect.stringMatching(/^\.+$/) }] },
    ]);
  });

  test("hangs slows nobody else down", async () => {
    const dead = await startReceiver();
    let open = 0;
    let most = 0;
    dead.behave((_request, response) => {
      open += 1;
      most = Math.max(most, open);
      response.once("close", () => {
        open -= 1;
      });
    });
    const webhooks = [
      { name: "dead", url: dead.url },
      { name: "crm", url: receiver.url },
    ];
    const shop = await world.shop({ webhooks });
    const arrived = new Promise<void>((resolve) => {
      receiver.behave((request, response, raw) => {
        ok(request, response, raw);
        if (receiver.received.length === 30) resolve();
      });
    });
    for (let n = 0; n < 30; n++) await world.matchedCall(shop);
    await arrived;
    const stillHanging = (await world.deliveries(shop, "webhook=dead&state=pending")).length;
    expect(stillHanging).toBe(30);
    // Five at a time; one that was given up may be seen to end a moment after the next one has begun.
    expect(most).toBeLessThan(10);
    dead.behave(ok);
    await dead.stop();
    await world.send();
  });
});
