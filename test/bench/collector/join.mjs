/**
 * Measures how long the join of one call takes with many snapshots stored. Calls are posted over HTTP, one after the
 * other.
 */

import { createHash } from "node:crypto";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import SqliteDatabase from "better-sqlite3";

/** The number of snapshots of one visitor: two in each of five views. */
const VISIT = 10;
const CALLS = 5_000;
/**
 * Calls posted before these, and not measured. What a process does for the first time would add to the time of a join.
 */
const WARM_UP = 500;
const DAY = 86_400_000;
/**
 * Days ago: the first visitor, the last, and the oldest one who is called for. What is older than the site keeps is
 * deleted during the run: one visitor in ten, those of the first 40 days.
 */
const [FIRST, LAST, KEPT] = [434, 1, 390];

/** When the n-th of so many visitors came. They come at a steady pace. */
const startOf = (n, visitors) => Math.floor(NOW - FIRST * DAY + ((FIRST - LAST) * DAY * n) / visitors);
const NOW = Date.now();

/** An id as the SDK mints it: random, except for the time in it. */
const contextId = (n, start) => {
  const random = createHash("sha256").update(String(n)).digest("hex");
  return `${random.slice(0, 11)}-0${start.toString(36)}-${random.slice(11, 18)}`;
};

/**
 * Writes `count` snapshots, and a call for every ten of them, directly into the tables of a collector that is not
 * running.
 */
export function fill(folder, site, count) {
  const file = new SqliteDatabase(join(folder, "calljoin.db"));
  file.pragma("synchronous = OFF");
  const insert = (table, row) => {
    const columns = Object.keys(row);
    const names = columns.map((column) => `@${column}`);
    return file.prepare(`insert into ${table} (${columns}) values (${names})`);
  };
  const kept = new Map();
  const add = (table, row) => {
    const statement = kept.get(table) ?? insert(table, row);
    kept.set(table, statement);
    statement.run(row);
  };
  const addVisitor = (n) => {
    const start = startOf(n, count / VISIT);
    const id = contextId(n, start);
    const visitor = { site, visitor: `${id.slice(12, 22)}${id.slice(0, 12)}${id.slice(22)}` };
    const session = { ...visitor, session_id: "session-1" };
    for (let v = 0; v < VISIT / 2; v += 1) {
      const at = start + v * 60_000;
      const view = { ...session, view_id: `view-${v}` };
      const shown = `{"number":${v + 1},"referrer":"","session_at":${start},"session_number":1,"session_view_number":${v + 1},"title":"Shoes","url":"https://shop.example/${v}"}`;
      const said = `{"basket":${v},"crm":"v-${n}","rtap_visitor":"gbr0${n}"}`;
      const first = { ...view, seq: 0, at, sent_at: at, received_at: at + 50, view: shown, entities: said };
      add("snapshots", first);
      const later = { at: at + 9_000, sent_at: at + 9_000, received_at: at + 9_050 };
      add("snapshots", { ...first, ...later, seq: 1, view: null, entities: `{"basket":${v + 0.5}}` });
      add("views", {
        ...view,
        first_at: at,
        first_seq: 0,
        view_at: at,
        view_seq: 0,
        last_at: at + 9_000,
        arrived_at: at + 9_050,
        min_delay: 50,
        number: v + 1,
        page: `page-${v}`,
        // All bits are set: the view may have reported any name.
        names: 2 ** 31 - 1,
      });
      const alias = { ...visitor, name: "rtap_visitor", value: `gbr0${n}` };
      if (v === 0) add("aliases", alias);
      add("showings", { ...alias, at, seq: 0, view_id: view.view_id });
    }
    add("sessions", { ...session, clock_offset: 0, first_at: start, last_start: start + 240_000, longest: 16_384 });
    const call = {
      site,
      call_id: createHash("md5").update(id).digest("hex"),
      vendor: "infinity",
      type: "ecBasketTransactionSummary",
      transaction_id: `f-${n}`,
    };
    const event = {
      ...call,
      event_id: "e",
      own_id: id,
      own_is_alias: 0,
      ts: start,
      ts_unit: "ms",
      revision: 0,
    };
    add("call_events", { ...event, canonical: "{}", body: "{}", received_at: start });
    const joined = { status: "matched", rule: "context_id", converts: 1, version: 1, first_status: "matched" };
    add("calls", { ...call, ...joined, ts: start, context_id: id, outcome: "{}", joined_at: start });
  };
  for (let n = 0; n < count / VISIT; n += 10_000) {
    file.transaction(() => {
      for (let m = n; m < Math.min(n + 10_000, count / VISIT); m += 1) addVisitor(m);
    })();
  }
  // Write everything to disk before measuring. What the system still has to write would delay the commits.
  file.pragma("synchronous = FULL");
  file.pragma("wal_checkpoint(TRUNCATE)");
  file.close();
}

/**
 * Posts calls to the collectors by turns. Their visitors are all over each store. Each call is posted alone, and the
 * next one waits for its answer. Each of `collectors` is `{ port, count, logged }`: `count` is what is stored, and
 * `logged` has the lines of the log.
 *
 * Answers p50 and p99 in ms for each collector. `join` is the time that the collector logs, from the first read until
 * the joined call is on disk. `post` is the time of the whole request.
 */
export async function timeJoins(collectors, site, admin) {
  const turns = await Promise.all(collectors.map((collector) => poster(collector, site, admin)));
  for (let n = 0; n < WARM_UP + CALLS; n += 1) for (const post of turns) await post(n);
  await wait(500); // the last lines of the log are still on their way
  return turns.map(({ posts }, index) => {
    const joins = collectors[index].logged.filter(({ msg }) => msg === "call joined");
    if (joins.length !== WARM_UP + CALLS) throw new Error(`${joins.length} joins are in the log`);
    for (const { status } of joins) if (status !== "matched") throw new Error(`a call is ${status}`);
    return { join: percentiles(joins.map(({ ms }) => ms)), post: percentiles(posts) };
  });
}

async function poster({ port, count }, site, admin) {
  const ask = async (path, token, body) => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  const { token } = await ask(`/v1/sites/${site}/vendors/infinity/token`, admin, {});
  const posts = [];
  const post = async (n) => {
    // Choose visitors from all over the store, but none of the old ones.
    const visitors = count / VISIT;
    const old = Math.ceil((visitors * (FIRST - KEPT)) / (FIRST - LAST));
    const visitor = old + Math.floor((((n * 7_919) % CALLS) + 0.5) * ((visitors - old) / CALLS));
    const start = startOf(visitor, visitors);
    const meta = { type: "ecBasketTransactionSummary", ts: start + 200_000 };
    const call = { context: { id: contextId(visitor, start) }, meta, transaction: { id: `t-${n}` } };
    const began = performance.now();
    await ask(`/v1/calls/${site}`, token, [call]);
    posts.push(performance.now() - began);
  };
  return Object.assign(post, { posts });
}

/** The percentiles of all times, without the warm-up. */
function percentiles(times) {
  const sorted = times.slice(WARM_UP).toSorted((a, b) => a - b);
  return { p50: sorted[Math.floor(sorted.length / 2)], p99: sorted[Math.floor(sorted.length * 0.99)] };
}
