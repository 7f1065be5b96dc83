/**
 * The same of PostgreSQL, which has statistics: of a site with one visitor who has a tenth of everything.
 * @module-tag long
 */
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { postgres } from "../../../collector/store/postgres";
import { openStore } from "../../../collector/store/store";
import { describeStore } from "./contract";
import { describeDeliveries } from "./contract-deliveries";
import { dropDatabase, noPostgres, type Postgres, run, startPostgres } from "./database";
import { unbounded } from "./plans";

/** Rows: what they would be of a middling site, to whose tables PostgreSQL prefers an index. */
const FILL = `
  insert into snapshots select 'shop', ctx, 'v' || n, 0, 's' || n / 10, n, n, n, null, '{}', null
    from (select n, case when n % 10 = 0 then 'heavy-context' else 'context-' || n / 20 end as ctx from generate_series(1, 200000) n) t;
  insert into views select site, visitor, view_id, session_id, at, 0, null, null, at, at, 0, 0, null, 0, null from snapshots;
  insert into sessions select site, visitor, session_id, 0, min(at), max(at), 0 from snapshots group by 1, 2, 3;
  insert into showings select site, visitor, 'rtap', 'gbr0' || visitor, at, seq, view_id from snapshots;
  insert into aliases select distinct site, visitor, name, value from showings;
  insert into call_events (site, call_id, event_id, vendor, type, transaction_id, own_id, own_is_alias, ts, ts_unit, revision, canonical, body, received_at)
    select site, md5(view_id), view_id, 'v', 't', view_id, visitor, 0, at, 'ms', 0, '', '', at from snapshots where at % 2 = 0;
  insert into calls (site, call_id, vendor, type, transaction_id, ts, status, context_id, converts, version, first_status, outcome, joined_at)
    select site, call_id, vendor, type, transaction_id, ts, case when ts % 50 = 0 then 'unmatched' else 'matched' end, own_id, 1, 1, 'matched', '{}', ts from call_events;
  insert into due select site, call_id, 'call', call_id, 0, ts from call_events;
  insert into erased select 'shop', md5(n::text), 0 from generate_series(1, 50000) n;
  insert into deliveries select site, call_id, call_id || '-1', 'crm' || ts % 14, 'e', 1, case when ts % 100 = 0 then 'pending' when ts % 50 = 0 then 'dead' else 'delivered' end,
    '{}', ts, 0, case when ts % 100 = 0 then ts end, ts from call_events;
  insert into delivery_attempts select site, call_id, id, 0, 0, 0, 200, null, null, '' from deliveries;
  insert into rejected select 'shop', md5(n::text), 'calls', 'v', n, case when n % 100 = 0 then 'conflict' else 'invalid' end, '', '{}' from generate_series(1, 50000) n`;

let server: Postgres;
const statements = new Set<string>();
const query = vi.spyOn(pg.Client.prototype, "query");
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(async () => {
  query.mockRestore();
  await server.stop();
});

const opening = async () => {
  const url = await server.database();
  const store = await openStore(postgres(url));
  query.mockClear();
  return {
    store,
    async remove() {
      for (const [asked] of query.mock.calls as unknown as [{ text?: string } | string][]) {
        if (typeof asked !== "string" && asked.text) statements.add(asked.text);
      }
      await store.close();
      await dropDatabase(url);
    },
  };
};

describe.skipIf(noPostgres)("noting what is asked", () => {
  describeStore("PostgreSQL, its statements noted", opening);
  describeDeliveries("PostgreSQL, its statements noted", opening);
});

interface Node {
  "Node Type": string;
  "Relation Name"?: string;
  "Index Cond"?: string;
  "Recheck Cond"?: string;
  Plans?: Node[];
}

/** Each table's reading, as SQLite would say it. */
function stepsOf(node: Node): string[] {
  const inner = (node.Plans ?? []).flatMap(stepsOf);
  const table = node["Relation Name"];
  if (!table || node["Node Type"] === "ModifyTable") return inner;
  const columns = [
    ...(node["Index Cond"] ?? node["Recheck Cond"] ?? "").matchAll(/\(?\b(?:\w+\.)?(\w+)\)? *(=|<=|<|>=|>)/g),
  ];
  const condition = columns.map(([, column, operator]) => (operator === "=" ? `${column}=?` : `${column}${operator}?`));
  const kind = condition.length > 0 ? "SEARCH" : "SCAN";
  return [`${kind} ${table} USING INDEX (${condition.join(" AND ")}) by ${node["Node Type"]}`, ...inner];
}

describe.skipIf(noPostgres)("the plans of PostgreSQL, with statistics of skewed data", () => {
  it("walk no more than a visitor, a call, a page or a step", async () => {
    const url = await server.database();
    await (await openStore(postgres(url))).close();
    for (const statement of FILL.split(";\n")) await run(url, statement);
    await run(url, "vacuum analyze");
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const reading = [...statements].filter((text) => /^\s*(select|with|insert|update|delete)/i.test(text));
    const plans = [];
    for (const text of reading) {
      if (/pg_|set_config/.test(text)) continue;
      const { rows } = await client.query(`explain (generic_plan, format json) ${text}`);
      plans.push({ text, steps: stepsOf(rows[0]["QUERY PLAN"][0].Plan) });
    }
    await client.end();
    await dropDatabase(url);
    expect(plans.length).toBeGreaterThan(80);
    expect(plans.flatMap(unbounded)).toEqual([]);
  });
});
