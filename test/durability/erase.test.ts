/** Erasing overwrites what deleted rows have left in SQLite's file, in the file itself: killed anywhere, with another process writing. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import SqliteDatabase from "better-sqlite3";
import { afterEach, beforeEach, expect, test } from "vitest";
import { driveShop, event, newContext, type Shop, THEN, view } from "../collector/contract/shop";
import { eventually } from "../eventually";
import { ADMIN, type Instance, newInstance } from "./process";

const ROUNDS = 8;

let instance: Instance;
let shop: Shop;
beforeEach(async () => {
  instance = await newInstance({ LOG_LEVEL: "error" });
  shop = driveShop(instance.request, ADMIN, "shop");
});
afterEach(() => instance.remove());

test("an erasure that is killed anywhere leaves a sound file and everybody else's rows, and is finished by the next start", async () => {
  await instance.start();
  await shop.save({ name: "Shoes", vendors: [{ name: "infinity" }] });
  const ids = Array.from({ length: 200 }, newContext);
  // Rows of many visitors among each other, of different lengths: pages fill up in their middles.
  for (let round = 0; round < 6; round += 1) {
    await Promise.all(
      ids.map((id, n) =>
        shop.post(id, [
          view(`v${round}`, THEN + round, { entities: { mark: `${id}-${"x".repeat((n * 37 + round * 91) % 700)}` } }),
        ]),
      ),
    );
  }
  await shop.report(
    "infinity",
    ...ids.map((id, n) => event({ id, ts: THEN, transaction: `t-${n}`, url: `https://s.example/${id}` })),
  );
  const path = join(instance.data, "calljoin.db");
  const erased: string[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const other = new SqliteDatabase(path, { timeout: 5_000 });
    let writing = true;
    const writer = (async () => {
      const write = other.prepare("insert or replace into refused values ('other', ?, ?)");
      for (let n = 0; writing; n += 1) {
        write.run(`vendor-${n % 50}`, "y".repeat((n * 131) % 3_000));
        await wait(3);
      }
    })();
    const now = ids.splice(0, 5);
    erased.push(...now);
    const asked = now.map((id) => shop.admin("DELETE", `/contexts/${id}`).catch(() => null));
    await wait(40 * round);
    await instance.end("SIGKILL");
    await Promise.all(asked);
    writing = false;
    await writer;
    expect(other.pragma("integrity_check")).toEqual([{ integrity_check: "ok" }]);
    other.close();
    await instance.start();
  }
  for (const id of erased) expect([204, 202]).toContain((await shop.admin("DELETE", `/contexts/${id}`)).status);
  const left = () => {
    const bytes = [path, `${path}-wal`].map((file) => readFileSync(file, "latin1")).join("");
    return erased.filter((id) => bytes.includes(id));
  };
  await eventually(() => expect(left()).toEqual([]));
  for (const id of ids) expect((await shop.admin("GET", `/contexts/${id}`)).text).toContain(`"v5"`);
  expect(await shop.calls("limit=500")).toHaveLength(200);
  await instance.end("SIGTERM");
  const file = new SqliteDatabase(path);
  expect(file.pragma("integrity_check")).toEqual([{ integrity_check: "ok" }]);
  file.close();
});
