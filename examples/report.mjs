// Writes one joined call as one line that a person can read.

/**
 * For example `10:41:07  infinity  call-17  GBP 9.99  matched by context_id  gap 1.2 s  http://…  r7k12_si=v-81`.
 * @param {object} call as the collector answers it
 * @param {Date} now when it was seen
 */
export function lineOf(call, now) {
  const { join, total, context, entities } = call;
  const parts = [
    now.toTimeString().slice(0, 8),
    call.vendor,
    call.transaction.id,
    total ? `${total.currency ?? ""} ${total.value.toFixed(2)}`.trim() : "no order",
    join.status === "matched"
      ? `matched by ${join.rule}${join.late ? ", late" : ""}`
      : `${join.status}: ${join.reason}`,
    join.gap_ms === null ? null : `gap ${seconds(join.gap_ms)} s`,
    call.version > 1 ? `version ${call.version}` : null,
    context?.url,
    Object.entries(entities)
      .map(([name, value]) => `${name}=${short(value)}`)
      .join(" "),
  ];
  return parts.filter(Boolean).join("  ");
}

/** For example `          google: waiting  meta: not sent, no_click_id`. Empty if the site tells no platform. */
export function conversionsLineOf({ conversions = [] }) {
  const states = conversions.map(({ destination, state, reason }) => {
    return `${destination}: ${[state.replace("_", " "), reason].filter(Boolean).join(", ")}`;
  });
  return states.length > 0 ? `          ${states.join("  ")}` : "";
}

/** Below zero if the vendor's time is in whole seconds, and the page was active later in that second. */
const seconds = (ms) => (Math.round(ms / 100) / 10 || 0).toFixed(1);

/** Shortens a value and removes control characters. With them, a posted value could write lines of its own. */
function short(value) {
  const text = (typeof value === "object" ? JSON.stringify(value) : String(value)).replace(/\p{Cc}/gu, " ");
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
