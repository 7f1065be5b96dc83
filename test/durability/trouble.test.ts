import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import SqliteDatabase from "better-sqlite3";
import { afterEach, beforeEach, expect, test } from "vitest";
import { driveShop, event, newContext, type Shop, THEN, view } from "../collector/contract/shop";
import { startInProcess } from "../collector/property/running";
import { envelope } from "./envelope";
import { ADMIN, type Instance, newInstance } from "./process";

let instance: Instance;
let shop: Shop;
beforeEach(async () => {
  instance = await newInstance({ LOG_LEVEL: "error" });
  shop = driveShop(instance.request, ADMIN, "shop");
});
afterEach(() => instance.remove());

const post = (id: string, title?: string) => instance.request("POST", "/v1/snapshots", { json: envelope(id, title) });
const isStored = async (id: string) => (await shop.admin("GET", `/contexts/${id}`)).status === 200;

test("on a full disk it answers 503 with Retry-After, keeps what it took, and goes on once there is room", async () => {
  await instance.start();
  await shop.save({ name: "Shoes" });
  await instance.end("SIGTERM");
  await instance.start({ limit: 512 });
  const taken: string[] = [];
  let answer = await post(newContext());
  for (let n = 0; answer.status === 202 && n < 1_000; n += 1) {
    const id = newContext();
    answer = await post(id, "x".repeat(4_000));
    if (answer.status === 202) taken.push(id);
  }
  expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "5"]);
  expect((await instance.request("GET", "/livez")).status).toBe(200);
  const unready = await instance.request("GET", "/readyz");
  expect([unready.status, unready.text]).toEqual([503, expect.stringMatching(/SQLITE_(FULL|IOERR)/)]);
  expect(instance.output()).toMatch(/SQLITE_(FULL|IOERR)/);
  expect(taken.length).toBeGreaterThan(5);
  await instance.end("SIGKILL");

  await instance.start();
  for (const id of taken) expect(await isStored(id)).toBe(true);
  expect((await post(newContext())).status).toBe(202);
});

test("while another process holds the file it answers 503 with Retry-After within a second, all of many, and takes writes again after that", {
  retry: 2,
}, async () => {
  await instance.start();
  await shop.save({ name: "Shoes" });
  const other = new SqliteDatabase(join(instance.data, "calljoin.db"));
  other.exec("begin immediate");
  const began = performance.now();
  // More than one after the other: each would wait for those before it.
  const answers = Array.from({ length: 20 }, async (_, n) => {
    await wait(n * 30);
    const at = performance.now();
    const { status, headers } = await post(newContext());
    return { status, after: headers.get("retry-after"), ms: performance.now() - at };
  });
  // The wait for the file is not a wait for the collector.
  expect((await instance.request("GET", "/livez")).status).toBe(200);
  const told = await Promise.all(answers);
  expect(performance.now() - began).toBeLessThan(3_000);
  expect(new Set(told.map(({ status, after }) => `${status} ${after}`))).toEqual(new Set(["503 5"]));
  expect(Math.max(...told.map(({ ms }) => ms))).toBeLessThan(1_000);
  const unready = await instance.request("GET", "/readyz");
  expect([unready.status, unready.text]).toEqual([503, expect.stringContaining("SQLITE_BUSY")]);
  other.exec("rollback");
  other.close();
  expect((await post(newContext())).status).toBe(202);
  expect((await instance.request("GET", "/readyz")).status).toBe(200);
});

test("SIGTERM with work under way: what was answered is stored, nobody is left without an answer, and it exits with 0", async () => {
  await instance.start();
  await shop.save({ name: "Shoes" });
  const taken: string[] = [];
  const refused: unknown[] = [];
  let stopping = false;
  const clients = Array.from({ length: 8 }, async () => {
    for (;;) {
      const id = newContext();
      try {
        const { status } = await post(id);
        if (status === 202) taken.push(id);
        else refused.push(status);
      } catch (error) {
        // Only a connection that was never accepted may fail.
        const { code } = (error as Error & { cause?: { code?: string } }).cause ?? {};
        if (!stopping || (code !== "ECONNREFUSED" && code !== "ECONNRESET" && code !== "UND_ERR_SOCKET"))
          refused.push(error);
        return;
      }
    }
  });
  while (taken.length < 100) await post(newContext());
  stopping = true;
  const began = Date.now();
  expect(await instance.end("SIGTERM")).toBe(0);
  expect(Date.now() - began).toBeLessThan(9_000);
  await Promise.all(clients);
  expect(refused).toEqual([]);
  await instance.start();
  for (const id of taken) expect(await isStored(id)).toBe(true);
});

test("a clock that is set back loses nothing, and calls are joined as before", async () => {
  const running = await startInProcess(THEN);
  const back = driveShop(running.request, running.adminToken, "back");
  await back.save({ name: "Shoes", vendors: [{ name: "infinity" }] });
  const id = newContext();
  await back.post(id, [view("view-1", THEN - 5_000)], THEN);
  running.setClock(THEN - 86_400_000);
  const receipt = await back.post(newContext(), [view("view-1", THEN)], THEN);
  expect(receipt.accepted).toBe(1);
  await back.report("infinity", event({ id, ts: THEN, transaction: "t-1" }));
  expect((await back.call("t-1")).join.status).toBe("matched");
  await running.restart();
  expect((await back.call("t-1")).join.status).toBe("matched");
  await running.stop();
});

test("a store that cannot be written at the start stops it with a message", async () => {
  await instance.start();
  await shop.save({ name: "Shoes" });
  await instance.end("SIGTERM");
  await expect(instance.start({ limit: 0 })).rejects.toThrow(/calljoin: /);
});

test("a file that is no database stops it with a message that names it", async () => {
  writeFileSync(join(instance.data, "calljoin.db"), "x".repeat(5_000));
  await expect(instance.start()).rejects.toThrow(
    /CALLJOIN_DATA: .*calljoin\.db cannot be used: file is not a database/,
  );
});
