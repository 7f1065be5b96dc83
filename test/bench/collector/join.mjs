/** How long one call's join takes beside so many stored snapshots: calls are posted over HTTP, one after the other. */

import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import SqliteDatabase from "better-sqlite3";

/** Snapshots of one visitor: two in each of five views. */
const VISIT = 10;
const CALLS = 5_000;
/** Posted before these, unmeasured: what a process does for the first time is not what a join takes. */
const WARM_UP = 500;
/** Yesterday: what is older than the site keeps would be deleted under way. */
const T = Date.now() - 86_400_000;

const contextId = (n) => `${n.toString(36).padStart(11, "0")}-0irxltk5b-u9t1cv4`;

/** Puts `count` snapshots straight into the tables of a collector that does not run. Keys go up: it is the reading that is measured. */
export function fill(folder, site, count) {
  const file = new SqliteDatabase(join(folder, "calljoin.db"));
  file.pragma("synchronous = OFF");
  const snapshot = file.prepare("insert into snapshots values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, null)");
  const view = file.prepare("insert into views values (?, ?, ?, ?, ?, 0, ?, 0, ?, 50)");
  const addVisitor = (n) => {
    const id = contextId(n);
    for (let v = 0; v < VISIT / 2; v += 1) {
      const at = T + v * 60_000;
      const shown = `{"number":${v + 1},"referrer":"","session_at":${T},"session_number":1,"session_view_number":${v + 1},"title":"Shoes","url":"https://shop.example/${v}"}`;
      snapshot.run(site, id, `view-${v}`, 0, "session-1", at, at, at + 50, shown, `{"basket":${v},"crm":"v-${n}"}`);
      snapshot.run(
        site,
        id,
        `view-${v}`,
        1,
        "session-1",
        at + 9_000,
        at + 9_000,
        at + 9_050,
        null,
        `{"basket":${v + 0.5}}`,
      );
      view.run(site, id, `view-${v}`, "session-1", at, at, at + 9_000);
    }
  };
  for (let n = 0; n < count / VISIT; n += 10_000) {
    file.transaction(() => {
      for (let m = n; m < Math.min(n + 10_000, count / VISIT); m += 1) addVisitor(m);
    })();
  }
  // On disk before anything is measured: what the system still has to write would be in the way of the commits.
  file.pragma("synchronous = FULL");
  file.pragma("wal_checkpoint(TRUNCATE)");
  file.close();
}

/**
 * Posts calls of visitors all over each store, to the collectors by turns, each call alone and its answer waited for. `collectors`:
 * `{ port, count, logged }`, what is stored and the lines of the log. Answers p50 and p99 of each in ms: `join` as the collector
 * logs it, from the first read until the joined call is on disk, and `post` of the whole request.
 */
export async function timeJoins(collectors, site, admin) {
  const turns = await Promise.all(collectors.map((collector) => poster(collector, site, admin)));
  for (let n = 0; n < WARM_UP + CALLS; n += 1) for (const post of turns) await post(n);
  await wait(500); // the log's last lines are on their way
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
    const visitor = Math.floor((((n * 7_919) % CALLS) + 0.5) * (count / VISIT / CALLS));
    const meta = { type: "ecBasketTransactionSummary", ts: T + 200_000 };
    const call = { context: { id: contextId(visitor) }, meta, transaction: { id: `t-${n}` } };
    const began = performance.now();
    await ask(`/v1/calls/${site}`, token, [call]);
    posts.push(performance.now() - began);
  };
  return Object.assign(post, { posts });
}

/** Of all times but the first ones. */
function percentiles(times) {
  const sorted = times.slice(WARM_UP).toSorted((a, b) => a - b);
  return { p50: sorted[Math.floor(sorted.length / 2)], p99: sorted[Math.floor(sorted.length * 0.99)] };
}
