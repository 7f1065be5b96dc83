/** Stores of every released version on PostgreSQL, and collectors that are replaced one by one. */
import { type Kysely, type MigrationProvider, sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { runMigrate } from "../../collector/cli/migrate";
import { migrations, STEP_NAMES } from "../../collector/store/migrations";
import { postgres } from "../../collector/store/postgres";
import { openStore } from "../../collector/store/store";
import { startCollector } from "../collector/contract/process";
import { driveShop, event } from "../collector/contract/shop";
import { type Postgres, run, startPostgres } from "../collector/store/database";
import { snapshot, snapshotsOf, write } from "../collector/store/rows";
import { dump, RELEASES, read, recorded, SHOP, VISITOR } from "../collector/upgrade/release";

let server: Postgres;
let url: string;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());
beforeEach(async () => {
  url = await server.database();
});

const schemaOf = async (of: string) => [
  await run(
    of,
    "select table_name, column_name, data_type, is_nullable, collation_name from information_schema.columns where table_schema = 'public' and table_name not like 'kysely%' order by 1, 2",
  ),
  await run(
    of,
    "select indexname, indexdef from pg_indexes where schemaname = 'public' and tablename not like 'kysely%' order by 1",
  ),
];

describe.each(RELEASES)("a store of %s on PostgreSQL", (version) => {
  it("answers as it did, and goes on", async () => {
    await run(url, dump(version));
    const { answers, token, then } = recorded(version);
    const collector = await startCollector({ DATABASE_URL: url });
    try {
      expect(await read(collector.request, collector.adminToken)).toMatchObject(answers);
      const shop = driveShop(collector.request, collector.adminToken, SHOP);
      const json = { events: [event({ id: VISITOR, ts: then + 95_000, transaction: "after" })] };
      await collector.request("POST", `/v1/calls/${SHOP}`, { token, json });
      expect(await shop.call("after")).toMatchObject({ join: { status: "matched" }, entities: { plan: "gold" } });
    } finally {
      await collector.stop();
    }
  });

  it("has the columns and indexes of a new one afterwards", async () => {
    await run(url, dump(version));
    await (await openStore(postgres(url))).close();
    const fresh = await server.database();
    await (await openStore(postgres(fresh))).close();
    expect(await schemaOf(url)).toEqual(await schemaOf(fresh));
  });
});

describe("collectors on one PostgreSQL", () => {
  const note: MigrationProvider = {
    getMigrations: async () => ({
      ...(await migrations(postgres(url)).getMigrations()),
      "901_99.2.0_note": {
        up: async (db: Kysely<unknown>) => void (await sql`alter table sessions add column note text`.execute(db)),
      },
    }),
  };

  it("are upgraded one by one: those of before go on, and none of them starts any more", async () => {
    const old = await openStore(postgres(url));
    await old.write([write({ snapshots: [snapshot()] })], [], 1);
    // Several at once: one takes the steps.
    const opened = await Promise.all([1, 2, 3].map(() => openStore(postgres(url), { provider: note })));
    await old.write([write({ snapshots: [snapshot({ seq: 1, at: 1_000_100 })] })], [], 1);
    const [first] = opened;
    await first?.write([write({ snapshots: [snapshot({ seq: 2, at: 1_000_200 })] })], [], 1);
    const { site, context_id } = snapshot();
    expect((await snapshotsOf(old, site, context_id)).map(({ seq }) => seq)).toEqual([0, 1, 2]);
    await expect(openStore(postgres(url))).rejects.toThrow(
      /DATABASE_URL: .* cannot be used: .*start Calljoin 99\.2\.0 or newer/,
    );
    for (const store of [old, ...opened]) await store.close();
  });

  it("are told of by calljoin migrate --pending, which changes nothing", async () => {
    const env = { DATABASE_URL: url, CALLJOIN_ADMIN_TOKEN: "x".repeat(16) };
    const tell = async () => {
      const lines: string[] = [];
      for await (const line of runMigrate(env, { to: undefined, onlyTell: true, provider: note })) lines.push(line);
      return lines.join("\n");
    };
    const all = [...STEP_NAMES, "901_99.2.0_note"];
    expect(await tell()).toMatch(new RegExp(`^DATABASE_URL: .* is empty; pending: ${all.join(", ")}$`));
    await (await openStore(postgres(url))).close();
    expect(await tell()).toMatch(
      new RegExp(` is at ${STEP_NAMES.at(-1)}; pending: 901_99.2.0_note\\n.*back up with pg_dump first$`),
    );
  });

  it("name the table of a store that is there only in part", async () => {
    await (await openStore(postgres(url))).close();
    await run(url, "alter table views drop column displaced");
    await expect(openStore(postgres(url))).rejects.toThrow(
      /DATABASE_URL: .*there only in part \(column "displaced" does not exist\)/,
    );
    await run(url, "drop table due");
    await expect(openStore(postgres(url))).rejects.toThrow(/there only in part/);
  });
});
