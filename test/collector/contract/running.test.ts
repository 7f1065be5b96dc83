import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import type { Receipt } from "./http";
import { type Collector, startCollector } from "./process";
import { newContext, openShop, THEN, view } from "./shop";

/** Where DATABASE_URL is taken away, the test is about the embedded store, whatever the suite runs on. */
async function withCollector<T>(
  env: Record<string, string | undefined>,
  work: (collector: Collector) => Promise<T>,
): Promise<T> {
  const collector = await startCollector(env);
  try {
    return await work(collector);
  } finally {
    await collector.stop();
  }
}

describe("CALLJOIN_ADMIN_TOKEN, where it is unset", () => {
  test("is made at the first start, kept for the owner's eyes alone, and printed once", async () => {
    await withCollector(
      { CALLJOIN_ADMIN_TOKEN: undefined, DATABASE_URL: undefined, CALLJOIN_SHARDED: undefined },
      async (collector) => {
        const [file] = (await readdir(collector.data)).filter((name) => name.includes("token"));
        const path = join(collector.data, file ?? "");
        const token = (await readFile(path, "utf8")).trim();
        expect((await stat(path)).mode & 0o777).toBe(0o600);
        expect(token.length).toBeGreaterThanOrEqual(32);
        expect(collector.output()).toContain(token);
        const read = () => collector.request("GET", "/v1/sites/none", { token });
        expect((await read()).status).toBe(404);

        await collector.crash();
        expect(collector.output()).not.toContain(token);
        expect((await read()).status).toBe(404);
      },
    );
  });
});

describe("CALLJOIN_RATE_LIMIT", () => {
  const post = (collector: Collector, site: string, from: string) =>
    collector.request("POST", "/v1/snapshots", {
      headers: { "x-forwarded-for": from },
      json: { v: 1, site, context_id: newContext(), sent_at: Date.now(), snapshots: [view("v1", THEN)] },
    });
  /** The statuses of four requests, each of which says that it comes from another address. */
  const statuses = async (collector: Collector) => {
    const { id } = await openShop(collector.request, collector.adminToken);
    const all: number[] = [];
    for (let n = 1; n <= 4; n += 1) all.push((await post(collector, id, `192.0.2.${n}`)).status);
    return all;
  };

  test("counts by the address of the connection, whatever a header says, and never the administrator", async () => {
    await withCollector({ CALLJOIN_RATE_LIMIT: "2" }, async (collector) => {
      expect(await statuses(collector)).toEqual([202, 202, 429, 429]);
      for (let n = 0; n < 5; n += 1)
        expect((await collector.request("GET", "/v1/sites/none", { token: collector.adminToken })).status).toBe(404);
    });
  });

  test("counts by X-Forwarded-For behind a proxy that CALLJOIN_TRUST_PROXY names", async () => {
    await withCollector({ CALLJOIN_RATE_LIMIT: "2", CALLJOIN_TRUST_PROXY: "1" }, async (collector) => {
      expect(await statuses(collector)).toEqual([202, 202, 202, 202]);
    });
  });
});

describe("503, while the store cannot take writes", () => {
  test("with Retry-After; what is posted again afterwards is accepted once", async () => {
    await withCollector({ DATABASE_URL: undefined, CALLJOIN_SHARDED: undefined }, async (collector) => {
      const site = await openShop(collector.request, collector.adminToken);
      const json = {
        v: 1,
        site: site.id,
        context_id: newContext(),
        sent_at: Date.now(),
        snapshots: [view("v1", THEN)],
      };
      const post = () => collector.request("POST", "/v1/snapshots", { json });
      const [file] = (await readdir(collector.data)).filter((name) => name.endsWith(".db"));
      const other = new Database(join(collector.data, file ?? ""));
      other.exec("begin immediate");
      const refused = await post();
      other.exec("rollback");
      other.close();
      expect([refused.status, Number(refused.headers.get("retry-after")) > 0]).toEqual([503, true]);
      expect(refused.headers.get("content-type")).toContain("application/problem+json");
      expect((await post()).json<Receipt>()).toEqual({ accepted: 1, duplicate: 0, rejected: [] });
    });
  });
});
