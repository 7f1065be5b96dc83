/** A world and a receiver anew for each test, and shops whose webhook `crm` goes to that receiver. */
import { afterEach, beforeEach } from "vitest";
import type { Shop } from "../contract/shop";
import { type Receiver, startReceiver } from "./receiver";
import { startWorld, type World } from "./world";

export const ENTITIES = [{ name: "visit", type: "simple", scope: "session", value: "visit" }];

export let world: World;
export let receiver: Receiver;

/** Called once by a test file: starts both before each of its tests, and ends them after it. */
export function startEach(): void {
  beforeEach(async () => {
    [world, receiver] = await Promise.all([startWorld({ timeoutMs: 1_000 }), startReceiver()]);
  });
  afterEach(async () => {
    await Promise.all([world.stop(), receiver.stop()]);
  });
}

export function shopWith(webhook: object = {}, document: object = {}): Promise<Shop> {
  const webhooks = [{ name: "crm", url: `${receiver.url}/hook`, ...webhook }];
  return world.shop({ entities: ENTITIES, webhooks, ...document });
}

/** The bodies that have arrived. */
export const bodies = () => receiver.received.map(({ body }) => JSON.parse(body));
