import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { copyStore } from "../../collector/cli/copy";
import { postgres } from "../../collector/store/postgres";
import { sqlite } from "../../collector/store/sqlite";
import { openStore } from "../../collector/store/store";
import { runToEnd, startCollector } from "../collector/contract/process";
import { noPostgres, type Postgres, run, startPostgres } from "../collector/store/database";
import { erase } from "../collector/store/erasing";
import { CONTEXT, event, SITE, snapshot, snapshotsOf, write } from "../collector/store/rows";

let server: Postgres;
let folder: string;
let url: string;

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "calljoin-migrate-"));
  url = await server.database();
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Some of everything, in more rows than one step copies. */
async function fill(): Promise<void> {
  const store = await openStore(sqlite(folder));
  const secret = { kind: "webhook_secret" as const, name: "crm", put: { hash: "h", secret: "whsec_x" } };
  const saved = { site: SITE, document: '{"name":"Shop"}', at: 1 };
  await store.saveSite({ ...saved, identifying: ["rtap"], secrets: [secret] });
  const odd = "NUL \u0000, \uFDD0, 🛒, 'quoted' \"twice\" \\ and \n";
  const snapshots = Array.from({ length: 1_300 }, (_, n) =>
    snapshot({ view_id: `view-${n % 7}`, seq: n, at: 1_000_000 + n, entities: JSON.stringify({ rtap: `${odd}${n}` }) }),
  );
  const events = Array.from({ length: 600 }, (_, n) =>
    event({ call_id: `call-${n}`, url: odd, total_value: n / 7, own_id: n % 2 ? CONTEXT : null }),
  );
  const refused = {
    site: SITE,
    id: "r",
    route: "calls",
    vendor: null,
    call_id: "call-9",
    received_at: 1,
    reason: "invalid",
  };
  await store.write([write({ snapshots, events, rejected: [{ ...refused, detail: odd, body: "{}" }] })], [], 5);
  await erase(store, "another-visitor", 6);
  await store.close();
}

async function lines(from: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const line of from) all.push(line);
  return all;
}

describe.skipIf(noPostgres)("calljoin migrate", () => {
  it("copies everything, and compares both row by row", async () => {
    await fill();
    const told = await lines(copyStore(folder, url));
    expect(told).toContain("snapshots: 1300 rows copied");
    expect(told.at(-1)).toMatch(/^verified: /);
    const [before, after] = [await openStore(sqlite(folder)), await openStore(postgres(url))];
    const byName = (rows: { view_id: string; seq: number }[]) => [...rows].sort((a, b) => a.seq - b.seq);
    expect(byName(await snapshotsOf(after, SITE, CONTEXT))).toEqual(byName(await snapshotsOf(before, SITE, CONTEXT)));
    expect(await after.callEvents(SITE, "call-5")).toEqual(await before.callEvents(SITE, "call-5"));
    expect(await after.site(SITE)).toEqual(await before.site(SITE));
    expect(await after.secrets(SITE, "webhook_secret", 9)).toEqual(await before.secrets(SITE, "webhook_secret", 9));
    expect(await after.due(5, 5_000)).toHaveLength((await before.due(5, 5_000)).length);
    await before.close();
    await after.close();
  });

  it("goes on where it was stopped, and repeats nothing", async () => {
    await fill();
    const first = copyStore(folder, url);
    for await (const line of first) if (line.startsWith("due:")) break;
    const told = await lines(copyStore(folder, url));
    expect(told).toContain("call_events: 0 rows copied");
    expect(told).toContain("snapshots: 1300 rows copied");
    expect(told.at(-1)).toMatch(/^verified: /);
  });

  it("does not touch a database that is in use, the one of a finished copy included", async () => {
    await fill();
    await lines(copyStore(folder, url));
    await expect(lines(copyStore(folder, url))).rejects.toThrow("already holds data");
  });

  it("finds a difference of one value", async () => {
    await fill();
    const copying = copyStore(folder, url);
    for await (const line of copying) if (line.startsWith("views:")) break;
    await run(url, "update call_events set total_value = total_value + 1 where call_id = 'call-7'");
    await expect(lines(copyStore(folder, url))).rejects.toThrow(/^call_events differs: 600 rows/);
  });

  it("wants the collector to be stopped, and keeps it from starting meanwhile", async () => {
    const collector = await startCollector();
    const { code, output } = await runToEnd(["migrate", "--to", url], { CALLJOIN_DATA: collector.data });
    expect(code).toBe(1);
    expect(output).toContain("stop it first");
    await collector.stop();

    await fill();
    const copying = copyStore(folder, url);
    await copying.next();
    const started = await runToEnd(["serve"], { CALLJOIN_DATA: folder, PORT: "0", DATABASE_URL: "" });
    expect(started.code).toBe(1);
    await copying.return(undefined);
  });

  it("is a command that says what it did, and hides the password", async () => {
    await fill();
    const { code, output } = await runToEnd(["migrate", "--to", url], { CALLJOIN_DATA: folder });
    expect([code, output]).toEqual([0, expect.stringContaining("verified")]);
    expect(output).not.toContain("calljoin:calljoin");
  });
});
