/**
 * Google Ads through the Data Manager API: offline conversions of an UPLOAD_CLICKS conversion action. Google's call
 * conversions, UPLOAD_CALLS, are for numbers in the advertisements themselves, and cannot be adjusted. Sources:
 * - https://developers.google.com/data-manager/api/reference/rest/v1/events/ingest
 * - https://developers.google.com/data-manager/api/devguides/events/google-ads/offline/send-events
 * - https://developers.google.com/data-manager/api/devguides/events/google-ads/conversion-adjustments
 * - https://developers.google.com/data-manager/api/reference/rest/v1/requestStatus/retrieve
 * - https://github.com/googleapis/googleapis/tree/master/google/ads/datamanager/v1
 */

import type { Call } from "../wire/call";
import type { Answer, Outgoing } from "../wire/exchange";
import type { Webhook } from "../wire/site";
import { adConversions, type Conversion } from "./conversion";
import { type Asked, type Destination, jsonPost, type Verdict } from "./destination";
import { accessToken, forgetToken } from "./google-token";
import { listIn, objectIn, phrase, within } from "./json";

const INGEST = "https://datamanager.googleapis.com/v1/events:ingest";

const MIN = 60_000;
const H = 60 * MIN;

/**
 * At most 90 days from the click (https://support.google.com/google-ads/answer/7014069). All that we know of the
 * click's time is the start of the visit that it began.
 */
const MAX_AGE_MS = 90 * 24 * H;

/**
 * When to ask what became of an event: after Google says that it has taken the event, and again after each answer that
 * it is not done yet. The first check is after half an hour, then the pauses grow
 * (https://developers.google.com/data-manager/api/devguides/diagnostics).
 */
const CHECKS = [30 * MIN, H, 2 * H, 4 * H, 8 * H, 24 * H];

/** Google gives these reasons for an event that it already has, such as after a replay. The event counts. */
const DUPLICATES = ["PROCESSING_ERROR_REASON_DUPLICATE_TRANSACTION_ID", "PROCESSING_ERROR_REASON_DUPLICATE_GCLID"];

export const googleDataManager: Destination = {
  eligible: adConversions(["gclid", "gbraid", "wbraid"], MAX_AGE_MS, "click"),
  api: {
    // An event with a known transaction id adjusts the value and the currency of the earlier one.
    restates: true,
    body: (_webhook: Webhook, _call: Call, conversions: Conversion[]) =>
      JSON.stringify({ events: conversions.map(eventOf) }),
    fault(body, now) {
      const [event] = listIn(objectIn(body).events);
      const age = now - Date.parse(String(event?.eventTimestamp));
      return age > MAX_AGE_MS ? "Google takes no conversion that is older than 90 days" : null;
    },
    ask,
    read,
    words,
  },
};

function eventOf({ call, clicks, value, consent }: Conversion) {
  const { gclid, gbraid, wbraid } = clicks;
  const adIdentifiers = gclid ? { gclid } : gbraid ? { gbraid } : { wbraid };
  return {
    transactionId: call.transaction.id,
    eventTimestamp: new Date(call.ts).toISOString(),
    eventSource: "PHONE",
    adIdentifiers,
    // The hash of the E.164 number with its plus, which is the hash that we keep:
    // https://developers.google.com/data-manager/api/devguides/concepts/formatting
    ...(call.caller_sha256 && { userData: { userIdentifiers: [{ phoneNumber: call.caller_sha256 }] } }),
    ...consentOf(consent),
    ...(value && { conversionValue: value.value, currency: value.currency }),
  };
}

function consentOf({ ad_user_data, ad_personalization }: Conversion["consent"]) {
  const said = (name: string, given: boolean | null) =>
    given === null ? {} : { [name]: given ? "CONSENT_GRANTED" : "CONSENT_DENIED" };
  const consent = { ...said("adUserData", ad_user_data), ...said("adPersonalization", ad_personalization) };
  return Object.keys(consent).length > 0 ? { consent } : {};
}

async function ask(asked: Asked) {
  const { webhook, body, secret, test, now, send } = asked;
  const token = await accessToken(secret, now, send);
  if (typeof token !== "string") return token;
  const url = webhook.url ?? INGEST;
  const taken = test ? null : takenAs(asked);
  const requestWith = (bearer: string): Outgoing => {
    const headers = { Authorization: `Bearer ${bearer}` };
    if (taken)
      return {
        method: "GET",
        url: statusUrl(url, taken.requestId),
        headers: { "User-Agent": "Calljoin", ...headers },
        body: "",
      };
    const account = (accountId = "") => ({ accountType: "GOOGLE_ADS", accountId });
    const destination = {
      operatingAccount: account(webhook.account_id),
      loginAccount: account(webhook.login_account_id ?? webhook.account_id),
      productDestinationId: webhook.conversion_action,
    };
    const whole = {
      destinations: [destination],
      ...objectIn(body),
      encoding: "HEX",
      ...(test && { validateOnly: true }),
    };
    return jsonPost(url, JSON.stringify(whole), headers);
  };
  return { request: requestWith(token), shown: requestWith("***") };
}

function statusUrl(ingest: string, requestId: string): string {
  const url = new URL("./requestStatus:retrieve", ingest);
  url.searchParams.set("requestId", requestId);
  return url.href;
}

/**
 * The id under which Google has taken the event without being done with it, and how often we have asked since. Null if
 * Google still has to be told.
 */
function takenAs({ attempts }: Asked): { requestId: string; checks: number } | null {
  let checks = 0;
  for (const { status, request, response } of attempts.toReversed()) {
    if (objectIn(request ?? "").method === "GET") {
      if (status === 200 && outcomeOf(response) !== "open") return null;
      checks += 1;
      continue;
    }
    const { requestId } = objectIn(response);
    return status === 200 && typeof requestId === "string" ? { requestId, checks } : null;
  }
  return null;
}

function read(answer: Answer, asked: Asked): Verdict {
  const { status, response } = answer;
  if (status === 401) forgetToken(asked.secret);
  const taken = asked.test ? null : takenAs(asked);
  if (taken) {
    const outcome = status === 200 ? outcomeOf(response) : "open";
    if (outcome !== "open") return outcome;
    const later = CHECKS[taken.checks + 1];
    return later === undefined ? "delivered" : { later };
  }
  if (status === 200 && !asked.test && typeof objectIn(response).requestId === "string")
    return { later: CHECKS[0] ?? 0 };
  // Google refuses the whole request, and would refuse it again:
  // https://developers.google.com/data-manager/api/devguides/concepts/understand-errors
  return status === 400 ? "refused" : null;
}

function outcomeOf(response: string): "delivered" | "refused" | "open" {
  const [said] = listIn(objectIn(response).requestStatusPerDestination);
  const status = said?.requestStatus;
  if (status === "SUCCESS") return "delivered";
  if (!["FAILED", "FAILURE", "PARTIAL_SUCCESS"].includes(String(status))) return "open";
  const reasons = reasonsOf(response);
  const isThere = reasons.length > 0 && reasons.every((reason) => DUPLICATES.includes(reason));
  return isThere || (status === "PARTIAL_SUCCESS" && reasons.length === 0) ? "delivered" : "refused";
}

function reasonsOf(response: string): string[] {
  const statuses = listIn(objectIn(response).requestStatusPerDestination);
  return statuses.flatMap((each) => listIn(within(each, "errorInfo").errorCounts).map(({ reason }) => String(reason)));
}

function words(response: string): string | null {
  const said = objectIn(response);
  if (typeof said.requestId === "string") return "Google has taken it, and is not done with it";
  const error = within(said, "error");
  const violations = listIn(error.details).flatMap((detail) => listIn(detail.fieldViolations));
  const fields = violations.map(({ field, description }) => phrase(field, description)).join("; ");
  const refused = listIn(said.requestStatusPerDestination).map(({ requestStatus }) => requestStatus)[0];
  // In answers of the token endpoint (RFC 6749, 5.2), `error` is a word.
  return (
    phrase(said.error, said.error_description, error.status, error.message, fields) ??
    phrase(refused, reasonsOf(response).join(", "))
  );
}
