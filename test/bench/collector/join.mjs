/** How long one call's join takes beside so many stored snapshots: each call is joined anew over HTTP, by `?explain=1`. */

import { join } from "node:path";
import SqliteDatabase from "better-sqlite3";

/** Snapshots of one visitor: two in each of five views. */
const VISIT = 10;
const CALLS = 1_000;
/** Joined once before, unmeasured: what a process does for the first time is not what a join takes. */
const WARM_UP = 200;
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
  file.pragma("wal_checkpoint(TRUNCATE)");
  file.close();
}

/** Posts calls of visitors all over the store, joins each anew, one after the other; answers p50 and p99 in ms. */
export async function timeJoins(origin, site, admin, count) {
  const ask = async (method, path, token, body) => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const answer = await fetch(origin + path, { method, headers, body: body && JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  const { token } = await ask("POST", `/v1/sites/${site}/vendors/infinity/token`, admin);
  const events = Array.from({ length: CALLS }, (_, n) => ({
    context: { id: contextId(Math.floor(((n * 7_919) % CALLS) * (count / VISIT / CALLS))) },
    meta: { type: "ecBasketTransactionSummary", ts: T + 200_000 },
    transaction: { id: `t-${n}` },
  }));
  for (let n = 0; n < CALLS; n += 100) {
    await ask("POST", `/v1/calls/${site}`, token, { events: events.slice(n, n + 100) });
  }
  const times = [];
  const { calls } = await ask("GET", `/v1/sites/${site}/calls?limit=1000`, admin);
  for (const { id } of calls.slice(0, WARM_UP)) await ask("GET", `/v1/sites/${site}/calls/${id}?explain=1`, admin);
  for (const { id } of calls.slice(WARM_UP)) {
    const began = performance.now();
    const call = await ask("GET", `/v1/sites/${site}/calls/${id}?explain=1`, admin);
    times.push(performance.now() - began);
    if (call.join.status !== "matched") throw new Error(`a call is ${call.join.status}`);
  }
  times.sort((a, b) => a - b);
  return { p50: times[Math.floor(times.length / 2)], p99: times[Math.floor(times.length * 0.99)] };
}
