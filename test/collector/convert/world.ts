/** A shop with destinations, their receivers, visitors who have pressed an advertisement, and their calls. */
import { afterEach, beforeEach, expect } from "vitest";
import { event, newContext, type Shop, view } from "../contract/shop";
import { type Receiver, startReceiver } from "../forward/receiver";
import { startWorld, type World } from "../forward/world";

export const ENTITIES = [
  "gclid",
  "gbraid",
  "wbraid",
  "msclkid",
  "fbclid",
  "_fbc",
  "_fbp",
  "ad_user_data",
  "ad_personalization",
].map((name) => ({ name, type: "simple", scope: "session", value: name }));

export const GOALS = [{ name: "sale", min_total: 1 }];

export interface State {
  destination: string;
  state: string;
  reason: string | null;
  detail: string | null;
  click_session_id: string | null;
}

export let world: World;

export function startEach(secretsFolder?: string): void {
  beforeEach(async () => {
    world = await startWorld({ timeoutMs: 2_000, secretsFolder });
  });
  afterEach(() => world.stop());
  afterEach(() => Promise.all(receivers.splice(0).map((one) => one.stop())));
}

/** What a test has started, and its end stops. */
export const receivers: { stop(): Promise<void> }[] = [];

export async function receiver(): Promise<Receiver> {
  const started = await startReceiver();
  receivers.push(started);
  return started;
}

export const shopWith = (webhooks: object[], document: object = {}): Promise<Shop> =>
  world.shop({ entities: ENTITIES, goals: GOALS, webhooks, ...document });

/** A site's document, to be saved with changes however often. */
export async function documentOf(shop: Shop): Promise<object> {
  const { version: _version, ...document } = (await shop.admin("GET", "")).json<{ version: number }>();
  return document;
}

let calls = 0;

export interface CallParts {
  entities?: Record<string, unknown>;
  total?: object | null;
  call?: object;
  transaction?: string;
  /** ms before now. */
  ago?: number;
  id?: string;
}

/** A visitor on a page, and their call; answers its transaction id. */
export async function called(
  shop: Shop,
  {
    entities = { gclid: "Cj0-test" },
    total = { value: 50, currency: "GBP" },
    call,
    transaction,
    ago = 1_000,
    id,
  }: CallParts = {},
): Promise<string> {
  calls += 1;
  const visitor = id ?? newContext();
  const order = transaction ?? `order-${calls}`;
  const at = world.now() - ago;
  await shop.post(visitor, [view(`view-${calls}`, at - 1_000, { entities: entities as never })], world.now());
  await shop.report(
    "infinity",
    event({ id: visitor, ts: at, transaction: order, total: total as never, call: call as never }),
  );
  return order;
}

/** Another event of a call that is there. */
export async function amended(shop: Shop, transaction: string, parts: object): Promise<void> {
  const { ts, join } = await shop.call(transaction);
  await shop.report("infinity", event({ id: join.context_id as string, ts: ts + 1, transaction, ...parts }));
}

export async function conversions(shop: Shop, transaction: string): Promise<State[]> {
  const { id } = await shop.call(transaction);
  const answer = await shop.admin("GET", `/calls/${id}`);
  expect(answer.status).toBe(200);
  return answer.json<{ conversions: State[] }>().conversions;
}

/** How a call stands with the one destination there is. */
export async function standing(shop: Shop, transaction: string): Promise<State> {
  const [state, ...others] = await conversions(shop, transaction);
  if (!state || others.length > 0) throw new Error("not one destination");
  return state;
}
