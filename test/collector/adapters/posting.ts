/** Vendors who post to a collector of their own for each test. */
import { createHmac } from "node:crypto";
import { afterEach, beforeEach } from "vitest";
import type { Answer } from "../contract/http";
import type { Shop } from "../contract/shop";
import { startWorld, type World } from "../forward/world";

export let world: World;

export function startEach(): void {
  beforeEach(async () => {
    world = await startWorld({ trustProxy: 1 });
  });
  afterEach(() => world.stop());
}

export const KEY = "company-key-made-up";
export const FORM = "application/x-www-form-urlencoded";
export const ACCEPTED = { accepted: 1, duplicate: 0, rejected: [] };

interface Asked {
  body?: string;
  headers?: Record<string, string>;
  query?: string;
  token?: string;
}

export function post(
  shop: Shop,
  vendor: string,
  { body = "", headers = {}, query = "", token }: Asked,
): Promise<Answer> {
  const path = `/v1/calls/${shop.id}/${vendor}${query}`;
  return world.request("POST", path, { body, headers, ...(token === undefined ? {} : { token }) });
}

export function sign(key: string, content: string): string {
  return createHmac("sha1", key).update(content).digest("base64");
}

export const iso = (time: number) => new Date(time).toISOString();

/** CallRail's post-call webhook, signed. */
export function rail(shop: Shop, fields: object, key = KEY): Promise<Answer> {
  const start_time = iso(world.now());
  const body = JSON.stringify({ resource_id: "CAL1", start_time, duration: "60", timestamp: start_time, ...fields });
  const headers = { "content-type": "application/json", signature: sign(key, body) };
  return post(shop, "callrail", { body, headers });
}

export const CALLRAIL = { name: "callrail", adapter: "callrail", secret: KEY };
