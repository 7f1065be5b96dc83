/** Random traffic against several collectors: everything is sent until a collector acknowledges it, and remembered then. */
import { setTimeout as wait } from "node:timers/promises";
import { client } from "../collector/contract/http";

export const SITE = "shop";

export interface Traffic {
  /** What was acknowledged: snapshots as `context view seq`, calls by their transaction id. */
  snapshots: Set<string>;
  calls: Map<string, { context_id: string }>;
  /** Answers other than 202, by status; 0 where there was none. */
  refused: Map<number, number>;
}

export function noTraffic(): Traffic {
  return { snapshots: new Set(), calls: new Map(), refused: new Map() };
}

/** The longest that a collector may leave a request without an answer, ms: a statement may wait for a minute (store/postgres.ts). */
const ANSWER_MS = 90_000;

/** Sends until `end()` is true, `hands` at a time, to whichever of the origins chance says. */
export async function sendTraffic(
  traffic: Traffic,
  origins: () => string[],
  token: string,
  hands: number,
  end: () => boolean,
): Promise<void> {
  const run = Math.random().toString(36).slice(2, 8);
  let visitors = 0;

  async function send(path: string, json: unknown, bearer?: string): Promise<void> {
    for (;;) {
      const all = origins();
      const origin = all[Math.floor(Math.random() * all.length)] ?? "";
      const asked = client(origin)("POST", path, { json, ...(bearer ? { token: bearer } : {}) });
      const late = new AbortController();
      const status = await Promise.race([
        asked.then(({ status }) => status).catch(() => 0),
        wait(ANSWER_MS, null, { signal: late.signal }).catch(() => null),
      ]);
      late.abort();
      if (status === null) throw new Error(`${path} was not answered within ${ANSWER_MS / 1_000} s`);
      if (status === 202) return;
      traffic.refused.set(status, (traffic.refused.get(status) ?? 0) + 1);
      await wait(50 + Math.random() * 100);
    }
  }

  async function snapshot(context_id: string, view_id: string, seq: number): Promise<void> {
    const at = Date.now() - 1_000;
    const view = { number: 1, session_number: 1, session_view_number: 1, session_at: at, url: "https://shop.example/" };
    const one = { view_id, session_id: `s-${context_id}`, seq, at, view, entities: { cart: seq } };
    await send("/v1/snapshots", { v: 1, site: SITE, context_id, sent_at: at, snapshots: [one] });
    traffic.snapshots.add(`${context_id} ${view_id} ${seq}`);
  }

  async function call(context_id: string, id: string, total: number): Promise<void> {
    const meta = { type: "ecBasketTransactionSummary", ts: Date.now(), source: "cluster" };
    const basket = { total: { value: total, currency: "GBP" } };
    await send(
      `/v1/calls/${SITE}`,
      { events: [{ context: { id: context_id }, meta, basket, transaction: { id } }] },
      token,
    );
    traffic.calls.set(id, { context_id });
  }

  /** One visitor: pages and calls, most of them at the same instant. */
  async function visit(): Promise<void> {
    visitors += 1;
    const context_id = `visitor-${run}-${visitors}`;
    const id = `t-${run}-${visitors}`;
    await Promise.all([
      snapshot(context_id, "view-1", 0),
      call(context_id, id, 1),
      ...(visitors % 3 === 0 ? [snapshot(context_id, "view-2", 0), snapshot(context_id, "view-2", 1)] : []),
      ...(visitors % 4 === 0 ? [call(context_id, id, 2)] : []),
    ]);
    if (visitors % 5 === 0) await snapshot(context_id, "view-1", 1);
  }

  await Promise.all(
    Array.from({ length: hands }, async () => {
      while (!end()) await visit();
    }),
  );
}
