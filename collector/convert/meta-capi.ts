/**
 * Meta's Conversions API. Sources:
 * - https://developers.facebook.com/docs/marketing-api/conversions-api/using-the-api
 * - https://developers.facebook.com/docs/marketing-api/conversions-api/parameters/server-event
 * - https://developers.facebook.com/docs/marketing-api/conversions-api/parameters/customer-information-parameters
 * - https://developers.facebook.com/docs/marketing-api/conversions-api/parameters/fbp-and-fbc
 * - https://developers.facebook.com/docs/graph-api/guides/error-handling
 */
import { createHash } from "node:crypto";
import type { Answer } from "../wire/exchange";
import { adConversions, type Conversion } from "./conversion";
import { type Asked, type Destination, jsonPost, type Verdict } from "./destination";
import { listIn, objectIn, phrase, within } from "./json";

const GRAPH = "https://graph.facebook.com/v25.0";

/** One older event makes Meta refuse the whole request. */
const MAX_AGE_MS = 7 * 86_400_000;

/**
 * Errors that pass or that an owner can fix: limits and outages (1, 2, 4, 17, 32, 341, 368, 613), token and permission
 * (10, 102, 190, 200–299).
 */
const PASSING = [1, 2, 4, 10, 17, 32, 102, 190, 341, 368, 613];

export const metaCapi: Destination = {
  eligible: adConversions(["_fbc", "fbclid", "_fbp"], MAX_AGE_MS, "call"),
  api: {
    // Of two events with the same event_id, the first one counts, and that for 48 hours only.
    restates: false,
    body: (_webhook, _call, conversions) => JSON.stringify({ data: conversions.map(eventOf) }),
    fault(body, now) {
      const [event] = listIn(objectIn(body).data);
      return now - Number(event?.event_time) * 1_000 > MAX_AGE_MS
        ? "Meta takes no event that is older than 7 days"
        : null;
    },
    ask,
    read,
    words,
  },
};

function eventOf({ name, call, clicks, clicked_at, value, consent }: Conversion) {
  return {
    event_name: name,
    event_time: Math.floor(call.ts / 1_000),
    event_id: call.id,
    action_source: "phone_call",
    // The event then counts, but Meta does not use it to choose who sees advertisements.
    ...(consent.ad_personalization === false && { opt_out: true }),
    user_data: {
      ...fbcOf(clicks, clicked_at),
      ...(clicks._fbp && { fbp: clicks._fbp }),
      ...(call.caller && { ph: [hashedPhone(call.caller)] }),
    },
    custom_data: { ...(value && { value: value.value, currency: value.currency }), order_id: call.transaction.id },
  };
}

/** The value of Meta's own cookie. Without one, it is made from the address's parameter and the time when that came. */
function fbcOf({ _fbc, fbclid }: Conversion["clicks"], clickedAt: number | null) {
  if (_fbc) return { fbc: _fbc };
  return fbclid && clickedAt !== null ? { fbc: `fb.1.${clickedAt}.${fbclid}` } : {};
}

/**
 * Meta wants the hash of the digits alone. The hash that we keep is of the E.164 number with its plus, so it differs.
 */
function hashedPhone(caller: string): string {
  return createHash("sha256").update(caller.replace(/\D/g, "")).digest("hex");
}

async function ask({ webhook, body, secret, test }: Asked) {
  const { test_event_code } = webhook;
  if (test && test_event_code === undefined)
    throw new Error("to try Meta out, the webhook needs a test_event_code, or the test would count");
  const whole = JSON.stringify({ ...objectIn(body), ...(test_event_code && { test_event_code }) });
  const requestWith = (token: string) => {
    const url = new URL(`${(webhook.url ?? GRAPH).replace(/\/+$/, "")}/${webhook.pixel_id}/events`);
    url.searchParams.set("access_token", token);
    return jsonPost(url.href, whole);
  };
  return { request: requestWith(secret), shown: requestWith("***") };
}

function read({ status, response }: Answer): Verdict {
  if (status === null || status < 400 || status >= 500 || status === 429) return null;
  const { code, is_transient } = within(objectIn(response), "error");
  const number = Number(code);
  if (is_transient === true || PASSING.includes(number) || (number >= 200 && number < 300)) return null;
  return status === 400 ? "refused" : null;
}

function words(response: string): string | null {
  const { message, error_user_title, error_user_msg } = within(objectIn(response), "error");
  return phrase(error_user_title, error_user_msg) ?? phrase(message);
}
