/**
 * Explains in words why a call has its status, using the call, what the collector says about its join, and the visit.
 */
import type { Call, ConversionState, Reason } from "../../../wire/call";
import type { Explain } from "../answers";
import { clockTime, shortDay, span, text } from "../format";
import { pageOf, type Session } from "./context";
import { valuesAsOf } from "./timeline";

export type ExplainedCall = Call & { explain: Explain; conversions?: ConversionState[] };

export const REASON_WORDS: Record<Reason, string> = {
  offline_vendor_id: "no page has shown the vendor's own visitor id",
  ambiguous_alias: "more than ten visitors share the vendor's id",
  unknown_context: "the visitor is unknown",
  no_view_before_call: "no view had begun",
  outside_window: "the visit was too long ago",
  erased: "the visitor was erased",
  junk_id: "the id is a placeholder",
  no_id: "the vendor sent no id",
  vendor_rule: "a rule says that it belongs to no visit",
};

/** One sentence in each line, the result first. `scopes` are those of the site's entities. */
export function explained(call: ExplainedCall, sessions: Session[], scopes: Map<string, string>): string[] {
  return call.join.status === "matched" ? matched(call, sessions, scopes) : unmatched(call);
}

function unmatched({ join, explain }: ExplainedCall): string[] {
  const { status, reason } = join;
  const what = status === "unusable" ? "It counts neither as matched nor as missed" : "Not joined";
  const said = [`${what}: ${reason ? REASON_WORDS[reason] : "no visit was found"}.`];
  if (explain.missing?.startsWith("nothing: ")) said.push(`${capital(explain.missing.slice("nothing: ".length))}.`);
  else if (explain.missing) said.push(`To be joined it would need ${explain.missing}.`);
  const [first] = explain.candidates;
  if (reason === "no_view_before_call" && first) {
    said.push(`The visitor's first view, ${pageOf(first.url)}, began at ${when(first.started_at, explain.cut)}.`);
  }
  if (reason === "outside_window" && explain.last_activity !== null) {
    said.push(`The visitor was last seen on ${shortDay(explain.last_activity)}.`);
  }
  return said;
}

function matched(call: ExplainedCall, sessions: Session[], scopes: Map<string, string>): string[] {
  const { join, context, ts, explain } = call;
  const said: string[] = [];
  if (context) {
    const isAfter = context.view_ts > ts;
    const since = isAfter ? "which began at " : "open since ";
    const after = isAfter ? `, ${span(context.view_ts - ts)} after the call` : "";
    said.push(`Joined to ${pageOf(context.url)}, ${since}${when(context.view_ts, ts)}${after}.`);
  }
  const found = join.view_id ? valuesAsOf(sessions, join.view_id, explain.cut, scopes) : [];
  for (const [name, value] of Object.entries(call.entities)) {
    // If a view has very many snapshots, those that are shown may not include the one with this value.
    const shown = found.find((one) => one.name === name && one.value === value);
    const since = shown ? `was read ${lead(ts - shown.at)}` : "was the last before the call";
    said.push(`The value of ${name}, ${shortened(text(value))}, ${since}.`);
  }
  const by = explain.fields.join(" or ");
  said.push(
    join.rule === "alias"
      ? `The vendor sent its own visitor id${by && ` in ${by}`}, and a page of theirs had shown it.`
      : `The vendor sent the visitor's context_id${by && ` in ${by}`}.`,
  );
  said.push(...choice(call));
  if (explain.clock_offset_ms) {
    const side = explain.clock_offset_ms > 0 ? "slow" : "fast";
    said.push(`The visitor's clock was ${span(Math.abs(explain.clock_offset_ms))} ${side}: their times are corrected.`);
  }
  if (join.late) said.push("It was first answered as unmatched, because its visit arrived later.");
  if (explain.join.clock === "ahead") said.push("The vendor's clock is ahead: the call arrived before its own time.");
  return said;
}

/** Why the call got this view, if there were others. */
function choice({ context, explain }: ExplainedCall): string[] {
  const others = explain.candidates.length - 1;
  if (others < 1) return [];
  const isOwn = explain.call_url && context?.url && pageOf(explain.call_url) === pageOf(context.url);
  const why = isOwn ? "its address is the one that the vendor sent" : "it was the newest";
  return [`Of ${others + 1} views of this session it is this one because ${why}.`];
}

/** The time of day. Adds the day if it is not the day of the other moment. */
function when(at: number, beside: number): string {
  return shortDay(at) === shortDay(beside) ? clockTime(at) : `${shortDay(at)}, ${clockTime(at)}`;
}

/** "3 s before the call". */
export function lead(ms: number): string {
  if (ms === 0) return "at the moment of the call";
  return ms > 0 ? `${span(ms)} before the call` : `${span(-ms)} after the call began`;
}

/** Shortens a value, and removes the characters that would reverse the direction of the rest of the sentence. */
function shortened(value: string): string {
  const plain = value.replace(/\p{Bidi_Control}/gu, "");
  return plain.length > 60 ? `${plain.slice(0, 60)}…` : plain;
}

function capital(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}
