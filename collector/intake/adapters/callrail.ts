/**
 * CallRail's webhooks: pre-call, routing complete, post-call (up to 20 minutes late, for the recording) and call modified.
 * All of one call carry its `start_time`. `custom` is what its cookie capture found: set it to capture the cookie `calljoin`.
 */
import type { Adapter } from "./adapter";
import { hmacSha1, isSame, secondsBetween, utc } from "./native";
import { count, text } from "./payload";

/** Above every amendment's delay in seconds. */
const ENDED = 2 ** 29;

export const callrail: Adapter = {
  contextIdFrom: "custom",
  verify: ({ raw, header }, secret) => isSame(header("Signature"), hmacSha1(secret, raw)),
  sentAt: (payload) => text(payload, "timestamp"),
  read(payload) {
    const time = text(payload, "start_time") ?? utc(text(payload, "datetime"));
    const hasEnded = count(payload, "duration") > 0 || text(payload, "recording") !== null;
    return {
      id: text(payload, "resource_id", "id"),
      time,
      url: text(payload, "last_requested_url", "landing_page_url", "landingpage"),
      source: text(payload, "source_name", "source"),
      total: text(payload, "value"),
      revision: (hasEnded ? ENDED : 0) + secondsBetween(time, text(payload, "timestamp")),
    };
  },
};
