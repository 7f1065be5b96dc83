import { execFileSync } from "node:child_process";
import { mkdtempSync, rmdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { driveShop, event, newContext, THEN } from "../collector/contract/shop";
import { eventually } from "../eventually";
import { envelope } from "./envelope";
import { ADMIN, type Instance, newInstance } from "./process";

// A disk can be mounted by root alone, and not in every container.
const testWithDisks = test.skipIf(!canMount());

testWithDisks(
  "a disk that is read-only stops it with a message that names the file",
  async () => {
    const instance = await newInstance({ LOG_LEVEL: "error" });
    try {
      await instance.start();
      await driveShop(instance.request, ADMIN, "shop").save({ name: "Shoes" });
      await instance.end("SIGTERM");
      mount("--bind", instance.data, instance.data);
      try {
        mount("-o", "remount,bind,ro", instance.data);
        await expect(instance.start()).rejects.toThrow(/CALLJOIN_DATA: .*calljoin\.db cannot be used: /);
      } finally {
        execFileSync("umount", [instance.data]);
      }
      await instance.start();
      expect((await instance.request("POST", "/v1/snapshots", { json: envelope(newContext()) })).status).toBe(202);
    } finally {
      await instance.remove();
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
  "a disk that turns read-only: /readyz says so though nobody writes, writes are 503 with Retry-After, and what was taken is there when it is mended",
  async () => {
    const disk = makeDisk();
    const onDisk = await newInstance({ CALLJOIN_DATA: disk.folder, LOG_LEVEL: "error" });
    const there = driveShop(onDisk.request, ADMIN, "shop");
    const take = (id: string) => onDisk.request("POST", "/v1/snapshots", { json: envelope(id) });
    try {
      await onDisk.start();
      await there.save({ name: "Shoes", vendors: [{ name: "infinity" }] });
      const token = await there.token("infinity");
      const taken = Array.from({ length: 30 }, (_, n) => `t-${n}`);
      for (const id of taken) expect((await report(onDisk, token, id, 2_000)).status).toBe(202);
      const visitors = taken.map(newContext);
      for (const id of visitors) expect((await take(id)).status).toBe(202);
      // What the kernel does with a disk that fails: whatever was not synced is gone (ext4(5), `abort`).
      mount("-o", "remount,abort", disk.folder);
      const ready = async () => {
        const { status, text } = await onDisk.request("GET", "/readyz");
        expect([status, text]).toEqual([503, expect.stringMatching(/SQLITE_(READONLY|IOERR)/)]);
      };
      await eventually(ready, 500);
      for (const { status, headers } of [await report(onDisk, token, "lost", 2_000), await take(newContext())])
        expect([status, headers.get("retry-after")]).toEqual([503, "5"]);
      expect((await onDisk.request("GET", "/livez")).status).toBe(200);
      await eventually(() => expect(onDisk.output()).toMatch(/SQLITE_(READONLY|IOERR)/));
      await onDisk.end("SIGKILL");
      disk.mend();
      await onDisk.start();
      for (const id of taken) expect(await there.calls(`transaction_id=${id}`)).toHaveLength(1);
      for (const id of visitors) expect((await there.admin("GET", `/contexts/${id}`)).status).toBe(200);
      expect((await take(newContext())).status).toBe(202);
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
