// Writes many calls at once, to measure what has to be quick with a million of them.

import { createHash } from "node:crypto";
import { join } from "node:path";
import SqliteDatabase from "better-sqlite3";

const DAY = 86_400_000;

/**
 * Writes 400 days of calls, as the join writes them, into the store of a collector that is not running. A third of the
 * matched calls are conversions. Each call gets this many snapshots of its visitor.
 */
export function fill(folder, site, calls, snapshots) {
  const db = new SqliteDatabase(join(folder, "calljoin.db"));
  db.pragma("synchronous = OFF");
  db.pragma("cache_size = -1000000");
  // Indexes that are made when all rows are there take a tenth of the time.
  const indexes = db.prepare("select name, sql from sqlite_master where type = 'index' and sql is not null").all();
  for (const { name } of indexes) db.exec(`drop index ${name}`);
  const into = (table, columns) =>
    db.prepare(`insert into ${table} (${columns}) values (${columns.split(",").map((name) => `@${name.trim()}`)})`);
  const call = into(
    "calls",
    "site, call_id, vendor, type, transaction_id, ts, status, reason, rule, context_id, converts, worth, version, first_status, outcome, joined_at, told",
  );
  const event = into(
    "call_events",
    "site, call_id, event_id, vendor, type, transaction_id, own_id, own_is_alias, ts, ts_unit, revision, url, source, total_value, total_currency, duration_s, answered, caller_sha256, caller, dialled, received_at, canonical, body",
  );
  const snapshot = into(
    "snapshots",
    "site, visitor, view_id, seq, session_id, at, sent_at, received_at, view, entities, errors",
  );
  const now = Date.now();
  const type = "ecBasketTransactionSummary";
  db.transaction(() => {
    for (let n = 0; n < calls; n += 1) {
      const ts = Math.floor(now - (400 * DAY * (calls - n)) / calls);
      const matched = n % 5 !== 0;
      const id = createHash("sha256").update(String(n)).digest("hex").slice(0, 32);
      const context = `6o2diu81w9o-0irxltk5b-${n.toString(36).padStart(7, "0")}`;
      const join = {
        status: matched ? "matched" : "unmatched",
        rule: matched ? "context_id" : null,
        reason: matched ? null : "unknown_context",
        gap_ms: 1_000,
        context_id: context,
        session_id: "s",
        view_id: "v",
      };
      const facts = {
        total: { value: 9.99, currency: "GBP" },
        ts,
        ts_unit: "ms",
        url: "https://shop.example/p/9",
        source: `source-${n % 7}`,
        duration_s: 95,
        answered: true,
        direction: "inbound",
        caller_sha256: hex(n % 5_000),
        caller: null,
        dialled: "+14045550199",
      };
      const view = {
        view_number: 1,
        session_number: 1,
        session_view_number: 1,
        view_ts: ts - 1_000,
        session_ts: ts - 1_000,
        url: "https://shop.example/p/9",
        referrer: "https://search.example/?q=shoes",
        entrance_url: "https://shop.example/",
      };
      const converts = matched && n % 3 === 0;
      const outcome = {
        id,
        vendor: "infinity",
        type,
        transaction: { id: `t${n}` },
        ...facts,
        join,
        context: matched ? view : null,
        entities: matched ? { plan: n % 1_000 ? "silver" : "gold", note: "x".repeat(300) } : {},
        goals: converts ? ["order"] : [],
      };
      const of = { site, call_id: id, vendor: "infinity", type, transaction_id: `t${n}` };
      call.run({
        ...of,
        ts,
        status: join.status,
        reason: join.reason,
        rule: join.rule,
        context_id: context,
        converts: converts ? 1 : 0,
        worth: converts ? JSON.stringify({ goals: ["order"], source: facts.source, total: facts.total }) : null,
        version: 1,
        first_status: join.status,
        outcome: JSON.stringify(outcome),
        joined_at: ts,
        told: null,
      });
      event.run({
        ...of,
        event_id: id,
        own_id: context,
        own_is_alias: 0,
        ts,
        ts_unit: "ms",
        revision: 0,
        url: facts.url,
        source: facts.source,
        total_value: 9.99,
        total_currency: "GBP",
        duration_s: 95,
        answered: 1,
        caller_sha256: facts.caller_sha256,
        caller: null,
        dialled: facts.dialled,
        received_at: ts,
        canonical: id,
        body: JSON.stringify(facts),
      });
      for (let seq = 0; seq < snapshots; seq += 1)
        snapshot.run({
          site,
          visitor: `${n}`,
          view_id: "v",
          seq,
          session_id: "s",
          at: ts,
          sent_at: ts,
          received_at: ts,
          view: JSON.stringify(view),
          entities: '{"plan":"silver"}',
          errors: null,
        });
    }
  })();
  for (const { sql } of indexes) db.exec(sql);
  db.close();
}

function hex(n) {
  return Math.floor(n).toString(16);
}
