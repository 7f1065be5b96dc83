import { execFileSync } from "node:child_process";
import { mkdtempSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import SqliteDatabase from "better-sqlite3";
import { afterEach, beforeEach, expect, test } from "vitest";
import { driveShop, event, newContext, type Shop, THEN, view } from "../collector/contract/shop";
import { startInProcess } from "../collector/property/running";
import { eventually } from "../eventually";
import { ADMIN, type Instance, newInstance } from "./process";

let instance: Instance;
let shop: Shop;
beforeEach(async () => {
  instance = await newInstance({ LOG_LEVEL: "error" });
  shop = driveShop(instance.request, ADMIN, "shop");
});
afterEach(() => instance.remove());

const envelope = (id: string, title = "Shoes") => ({
  v: 1,
  site: "shop",
  context_id: id,
  sent_at: THEN,
  snapshots: [view("view-1", THEN, { view: { title } })],
});
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

// A disk can be mounted by root alone, and not in every container.
const testWithDisks = test.skipIf(!canMount());

testWithDisks(
  "a disk that is read-only stops it with a message that names the file",
  async () => {
    await instance.start();
    await shop.save({ name: "Shoes" });
    await instance.end("SIGTERM");
    mount("--bind", instance.data, instance.data);
    try {
      mount("-o", "remount,bind,ro", instance.data);
      await expect(instance.start()).rejects.toThrow(/CALLJOIN_DATA: .*calljoin\.db cannot be used: /);
    } finally {
      execFileSync("umount", [instance.data]);
    }
    await instance.start();
    expect((await post(newContext())).status).toBe(202);
  },
  60_000,
);

testWithDisks(
  "a disk that turns read-only under way: it answers 503 with Retry-After, and has what it took when the disk is mended",
  async () => {
    const disk = makeDisk();
    const onDisk = await newInstance({ CALLJOIN_DATA: disk.folder, LOG_LEVEL: "silent" });
    const take = (id: string) => onDisk.request("POST", "/v1/snapshots", { json: envelope(id) });
    const there = driveShop(onDisk.request, ADMIN, "shop");
    try {
      await onDisk.start();
      await there.save({ name: "Shoes" });
      const taken = Array.from({ length: 50 }, newContext);
      for (const id of taken) expect((await take(id)).status).toBe(202);
      // What the kernel does with a disk that fails: whatever was not synced is gone (ext4(5), `abort`).
      mount("-o", "remount,abort", disk.folder);
      const { status, headers } = await take(newContext());
      expect([status, headers.get("retry-after")]).toEqual([503, "5"]);
      expect((await onDisk.request("GET", "/livez")).status).toBe(200);
      expect((await onDisk.request("GET", "/readyz")).text).toMatch(/SQLITE_(READONLY|IOERR)/);
      await onDisk.end("SIGKILL");
      disk.mend();
      await onDisk.start();
      for (const id of taken) expect((await there.admin("GET", `/contexts/${id}`)).status).toBe(200);
      expect((await take(newContext())).status).toBe(202);
    } finally {
      await onDisk.remove();
      disk.remove();
    }
  },
  60_000,
);

testWithDisks(
  "call events on a disk that is full: 503 with Retry-After, /readyz and the log say why, nothing answered 2xx is lost, and it goes on once there is room",
  async () => {
    const disk = mkdtempSync(join(tmpdir(), "calljoin-small-"));
    mount("-t", "tmpfs", "-o", "size=4m,mode=700", "tmpfs", disk);
    const full = await newInstance({ CALLJOIN_DATA: disk, LOG_LEVEL: "error" });
    const there = driveShop(full.request, ADMIN, "shop");
    try {
      await full.start();
      await there.save({ name: "Shoes", vendors: [{ name: "infinity" }] });
      const token = await there.token("infinity");
      const taken: string[] = [];
      let answer = await report(full, token, "first", 2_000);
      for (let n = 0; answer.status === 202 && n < 500; n += 1) {
        const id = `t-${n}`;
        answer = await report(full, token, id, 20_000);
        if (answer.status === 202) taken.push(id);
      }
      expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "5"]);
      const unready = await full.request("GET", "/readyz");
      expect([unready.status, unready.text]).toEqual([503, expect.stringMatching(/SQLITE_(FULL|IOERR)/)]);
      await eventually(() => expect(full.output()).toMatch(/SQLITE_(FULL|IOERR)/));
      expect(taken.length).toBeGreaterThan(5);
      // Somebody makes room.
      mount("-o", "remount,size=64m", disk);
      expect((await report(full, token, "later", 2_000)).status).toBe(202);
      expect((await full.request("GET", "/readyz")).status).toBe(200);
      await full.end("SIGKILL");
      await full.start();
      for (const id of ["first", ...taken, "later"]) expect(await there.calls(`transaction_id=${id}`)).toHaveLength(1);
    } finally {
      await full.remove().catch(() => undefined);
      execFileSync("umount", [disk]);
      rmdirSync(disk);
    }
  },
  60_000,
);

testWithDisks(
  "a disk that turns read-only: /readyz says so though nobody writes, call events are 503, and what was answered 2xx is there when it is mended",
  async () => {
    const disk = makeDisk();
    const onDisk = await newInstance({ CALLJOIN_DATA: disk.folder, LOG_LEVEL: "error" });
    const there = driveShop(onDisk.request, ADMIN, "shop");
    try {
      await onDisk.start();
      await there.save({ name: "Shoes", vendors: [{ name: "infinity" }] });
      const token = await there.token("infinity");
      const taken = Array.from({ length: 30 }, (_, n) => `t-${n}`);
      for (const id of taken) expect((await report(onDisk, token, id, 2_000)).status).toBe(202);
      mount("-o", "remount,abort", disk.folder);
      const ready = async () => {
        const { status, text } = await onDisk.request("GET", "/readyz");
        expect([status, text]).toEqual([503, expect.stringMatching(/SQLITE_(READONLY|IOERR)/)]);
      };
      await eventually(ready, 500);
      const { status, headers } = await report(onDisk, token, "lost", 2_000);
      expect([status, headers.get("retry-after")]).toEqual([503, "5"]);
      await eventually(() => expect(onDisk.output()).toMatch(/SQLITE_(READONLY|IOERR)/));
      await onDisk.end("SIGKILL");
      disk.mend();
      await onDisk.start();
      for (const id of taken) expect(await there.calls(`transaction_id=${id}`)).toHaveLength(1);
      expect((await report(onDisk, token, "lost", 2_000)).json()).toMatchObject({ accepted: 1 });
    } finally {
      await onDisk.remove();
      disk.remove();
    }
  },
  60_000,
);

/** Posts one call event with so many bytes of something beside. */
function report({ request }: Instance, token: string, transaction: string, bytes: number) {
  const json = { events: [{ ...event({ ts: THEN, transaction }), note: "x".repeat(bytes) }] };
  return request("POST", "/v1/calls/shop", { token, json });
}

/** A file system of its own, in a file. */
function makeDisk() {
  const folder = mkdtempSync(join(tmpdir(), "calljoin-disk-"));
  const image = `${folder}.img`;
  const on = () => mount("-o", "loop", image, folder);
  const off = () => execFileSync("umount", [folder]);
  const remove = () => {
    rmdirSync(folder);
    rmSync(image, { force: true });
  };
  try {
    execFileSync("truncate", ["-s", "64M", image]);
    execFileSync("mkfs.ext4", ["-q", image]);
    on();
  } catch (error) {
    remove();
    throw error;
  }
  return {
    folder,
    mend() {
      off();
      on();
    },
    remove() {
      off();
      remove();
    },
  };
}

function mount(...args: string[]): void {
  execFileSync("mount", args, { stdio: "pipe" });
}

function canMount(): boolean {
  try {
    makeDisk().remove();
    return true;
  } catch {
    return false;
  }
}
