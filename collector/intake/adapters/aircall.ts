/** Aircall's webhooks: an event for each of a call's states, with a token in the body (the vendor's `secret`). */
import type { Adapter } from "./adapter";
import { isSame } from "./native";
import { text } from "./payload";

export const aircall: Adapter = {
  contextIdFrom: "data.context_id",
  verify: ({ raw }, secret) => isSame(tokenIn(raw), secret),
  read(payload) {
    const resource = text(payload, "resource");
    if (resource !== "call") return `resource: ${resource} is no call`;
    const started = text(payload, "data.started_at", "timestamp");
    return {
      id: text(payload, "data.id"),
      time: started,
      url: text(payload, "data.url"),
      source: text(payload, "data.number.name"),
      revision: Math.max(Number(text(payload, "timestamp")) - Number(started), 0) || 0,
    };
  },
};

function tokenIn(raw: Buffer): string {
  try {
    return String(JSON.parse(raw.toString()).token);
  } catch {
    return "";
  }
}
