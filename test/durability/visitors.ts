import type { Request } from "../collector/contract/http";
import { driveShop, event, newContext, type Shop, THEN, view } from "../collector/contract/shop";

/** What one visitor was answered 202 for. */
export interface Visitor {
  id: string;
  /** Views whose snapshot was acknowledged. */
  views: string[];
  /** The transaction id of the acknowledged call; null where there is none. */
  call: string | null;
}

export async function openWatchedShop(request: Request, adminToken: string, webhookUrl: string): Promise<Shop> {
  const shop = driveShop(request, adminToken, "watched");
  const saved = await shop.save({
    name: "Shoes",
    vendors: [{ name: "infinity" }],
    webhooks: [{ name: "crm", url: webhookUrl, on: ["call.matched", "call.updated"] }],
  });
  if (saved.status !== 201) throw new Error(`the site was not saved: ${saved.text}`);
  await shop.token("infinity");
  return shop;
}

let calls = 0;

/** One visitor's traffic: a view, a call, a second view that the call belongs to. Notes what is answered, throws at the first failure. */
export async function visit(shop: Shop, visitors: Visitor[]): Promise<void> {
  const visitor: Visitor = { id: newContext(), views: [], call: null };
  const transaction = `durable-${++calls}`;
  visitors.push(visitor);
  await shop.post(visitor.id, [view("view-1", THEN - 60_000)]);
  visitor.views.push("view-1");
  await shop.report("infinity", event({ id: visitor.id, ts: THEN, transaction }));
  visitor.call = transaction;
  await shop.post(visitor.id, [view("view-2", THEN - 1_000)]);
  visitor.views.push("view-2");
}

/** What is missing of what was acknowledged, in words; empty where all is there. */
export async function missing(shop: Shop, visitors: Visitor[]): Promise<string[]> {
  const lost: string[] = [];
  for (const { id, views, call } of visitors.filter(({ views }) => views.length > 0)) {
    const answer = await shop.admin("GET", `/contexts/${id}`);
    const { sessions = [] } = answer.json<{ sessions?: { views: { view_id: string }[] }[] }>();
    const stored = sessions.flatMap((session) => session.views.map(({ view_id }) => view_id));
    for (const name of views) if (!stored.includes(name)) lost.push(`${id}: the snapshot of ${name}`);
    if (call === null) continue;
    const [joined] = await shop.calls(`transaction_id=${call}`);
    if (!joined) {
      lost.push(`${id}: the call ${call}`);
      continue;
    }
    const last = views.at(-1) ?? "";
    // A view that was not acknowledged may have been stored all the same.
    if (joined.join.status !== "matched" || (joined.join.view_id ?? "") < last)
      lost.push(`${id}: the join with ${last}`);
    const told = await toldOf(shop, joined.id);
    for (let version = 1; version <= joined.version; version += 1) {
      if (told.filter((one) => one === version).length !== 1) lost.push(`${id}: the delivery of version ${version}`);
    }
  }
  return lost;
}

let deliveries: { call_id: string; version: number }[] = [];

/** Versions of a call that there are deliveries of. All are read when a call is not among those read before. */
async function toldOf(shop: Shop, callId: string): Promise<number[]> {
  const found = () => deliveries.filter(({ call_id }) => call_id === callId).map(({ version }) => version);
  if (found().length > 0) return found();
  deliveries = [];
  let cursor = "";
  do {
    const answer = await shop.admin("GET", `/deliveries?limit=1000${cursor && `&cursor=${cursor}`}`);
    const page = answer.json<{ deliveries: typeof deliveries; next_cursor: string | null }>();
    deliveries.push(...page.deliveries);
    cursor = page.next_cursor ?? "";
  } while (cursor !== "");
  return found();
}
