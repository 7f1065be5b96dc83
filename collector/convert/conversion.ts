/** A call as advertising platforms see it: its click ids, its consent, its value. Pure. */
import type { Call, ConversionState } from "../wire/call";
import { CLICK_IDS, type ClickId, type CONSENTS, entityAt, PLATFORMS, sourceOf } from "../wire/clicks";
import { isPlaceholder } from "../wire/ids";
import { parameterOf } from "../wire/parameters";
import type { Goal, Site, Webhook } from "../wire/site";

export interface Conversion {
  /** The name that the platform knows. */
  name: string;
  call: Call;
  /** Null if the call has no value, or if its currency is not known. */
  value: { value: number; currency: string } | null;
  clicks: Partial<Record<ClickId, string>>;
  /** When the click came, as far as we know: the start of its visit, in epoch ms. */
  clicked_at: number | null;
  consent: Record<(typeof CONSENTS)[number], boolean | null>;
}

export type Reason = NonNullable<ConversionState["reason"]>;
export type NotEligible = { reason: Reason; detail: string };
/** What to tell a platform about a call, or why not to. */
export type Eligible = Conversion[] | NotEligible;

export const isEligible = (eligible: Eligible): eligible is Conversion[] => Array.isArray(eligible);

/** A call passes if it is in each list that the filter gives. */
export function passes(filter: Webhook["filter"], call: Call): boolean {
  return filteredOut(filter, call) === null;
}

/** Why a call does not pass, or null if it does. */
export function filteredOut({ status, vendor, type, goal }: Webhook["filter"], call: Call): string | null {
  const lists: [string, string[] | undefined, string[]][] = [
    ["status", status, [call.join.status]],
    ["vendor", vendor, [call.vendor]],
    ["type", type, [call.type]],
    ["goal", goal, call.goals],
  ];
  const [failed] = lists.filter(([, wanted, has]) => wanted !== undefined && !has.some((one) => wanted.includes(one)));
  if (!failed) return null;
  const [name, wanted = [], has] = failed;
  return `its filter lets ${name} ${wanted.join(", ")} through, and the call has ${has.join(", ") || "none"}`;
}

/**
 * The conversions that a call makes at a destination: one for each goal that counts there, or a single one if the
 * destination names it.
 */
export function conversionsOf(webhook: Webhook, call: Call, goals: Goal[]): Conversion[] {
  const counted = goals.filter(({ name }) => call.goals.includes(name) && isWanted(webhook, name));
  const [first] = counted;
  if (!first) return [];
  const single = webhook.conversion_name ?? webhook.conversion_action;
  const named = single === undefined ? counted.map((goal) => ({ name: goal.name, goals: [goal] })) : [];
  const all = single === undefined ? named : [{ name: single, goals: counted }];
  const common = {
    call,
    clicks: clicksOf(webhook, call),
    clicked_at: clickedAt(webhook, call),
    consent: consentOf(webhook, call),
  };
  return all.map(({ name, goals: met }) => ({ name, value: worthOf(call, met), ...common }));
}

/**
 * A call that no longer counts, for a platform that can change a conversion but not take it back: the conversion is now
 * worth nothing.
 */
export function takenBack(webhook: Webhook, call: Call, goals: Goal[]): Conversion[] {
  const wanted = goals.filter(({ name }) => isWanted(webhook, name)).map(({ name }) => name);
  const counted = conversionsOf(webhook, { ...call, goals: wanted }, goals);
  return counted.flatMap((one) => (one.value ? [{ ...one, value: { ...one.value, value: 0 } }] : []));
}

/**
 * Decides whether a call is a conversion. The call must be matched and meet a goal that counts at the destination. It
 * also needs a click id, the visitor must not have refused consent, and the call, or its click, must not be too old.
 */
export function adConversions(
  clickIds: readonly ClickId[],
  maxAgeMs: number,
  of: "call" | "click",
): (webhook: Webhook, call: Call, document: Site, now: number) => Eligible {
  const days = maxAgeMs / 86_400_000;
  return (webhook, call, document, now) => {
    const conversions = passes(webhook.filter, call) ? conversionsOf(webhook, call, document.goals) : [];
    const [one] = conversions;
    if (!one) return { reason: "not_a_goal", detail: "the call meets no goal that counts here" };
    if (call.join.status !== "matched") return { reason: "no_click_id", detail: "the call belongs to no visit" };
    if (!clickIds.some((name) => one.clicks[name] !== undefined)) {
      return { reason: "no_click_id", detail: `the visit has none of ${clickIds.join(", ")}` };
    }
    if (one.consent.ad_user_data === false) {
      return { reason: "no_consent", detail: "the visitor has not granted ad_user_data" };
    }
    const began = of === "click" ? Math.min(one.clicked_at ?? call.ts, call.ts) : call.ts;
    if (now - began > maxAgeMs) return { reason: "too_old", detail: `the ${of} is older than ${days} days` };
    return conversions;
  };
}

/** The visit that a call's click ids come from. If the call's own visit has none, it is an earlier one. */
export function clickSession(webhook: Webhook, call: Call): string | null {
  const earlier = earlierOf(webhook, call);
  return earlier ? earlier.session_id : call.join.session_id;
}

function isWanted({ filter }: Webhook, goal: string): boolean {
  return filter.goal === undefined || filter.goal.includes(goal);
}

/** The call's total, or else the value that one of the goals sets for such a call. */
function worthOf({ total }: Call, goals: Goal[]): Conversion["value"] {
  if (total) return total.currency === null ? null : { value: total.value, currency: total.currency };
  const { value, currency } = goals.find((goal) => goal.value !== undefined) ?? {};
  return value === undefined || currency === undefined ? null : { value, currency };
}

function fieldOf(webhook: Webhook, call: Call, name: string): string | null {
  const place = sourceOf(webhook, name);
  const found = parameterOf(call, place) ?? call.earlier_clicks?.[entityAt(place) ?? ""]?.value;
  return found === null || found === undefined || found === "" ? null : String(found);
}

/** The form that advertising systems give to click ids. An unfilled `{gclid}` of a template does not fit. */
const CLICK_ID = /^[\w.~-]{1,1000}$/;

function clicksOf(webhook: Webhook, call: Call): Conversion["clicks"] {
  return Object.fromEntries(
    CLICK_IDS.flatMap((name) => {
      const found = fieldOf(webhook, call, name);
      return found !== null && CLICK_ID.test(found) && !isPlaceholder(found) ? [[name, found] as const] : [];
    }),
  );
}

function clickedAt(webhook: Webhook, call: Call): number | null {
  return earlierOf(webhook, call)?.at ?? call.context?.session_ts ?? null;
}

/** The click id of an earlier visit that this destination uses. */
function earlierOf(webhook: Webhook, { earlier_clicks = {} }: Call) {
  const own = Object.entries(PLATFORMS).find(([platform]) => webhook.format.startsWith(platform))?.[1] ?? [];
  return own.flatMap((name) => earlier_clicks[entityAt(sourceOf(webhook, name)) ?? ""] ?? [])[0];
}

export function consentOf(webhook: Webhook, call: Call): Conversion["consent"] {
  const said = (name: string) => {
    const text = fieldOf(webhook, call, name)?.toLowerCase();
    if (text === undefined) return null;
    return /^(granted|true|yes|1)$/.test(text);
  };
  return { ad_user_data: said("ad_user_data"), ad_personalization: said("ad_personalization") };
}
