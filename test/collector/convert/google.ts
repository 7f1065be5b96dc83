/**
 * A stand-in for Google's token endpoint and Data Manager API, as their public reference has them: it checks the assertion's signature and
 * claims, the bearer token, and each field's form, and answers with the documented errors.
 * https://developers.google.com/identity/protocols/oauth2/service-account#httprest
 * https://developers.google.com/data-manager/api/reference/rest/v1/events/ingest
 */
import { createVerify, generateKeyPairSync } from "node:crypto";
import { type Received, type Receiver, startReceiver } from "../forward/receiver";

const SCOPE = "https://www.googleapis.com/auth/datamanager";
const keys = generateKeyPairSync("rsa", { modulusLength: 2048 });
const privateKey = keys.privateKey.export({ type: "pkcs8", format: "pem" });

export interface Google {
  receiver: Receiver;
  /** A service account's key file. */
  key: string;
  ingest: string;
  /** Bodies of requests that were taken. */
  ingested: { events: Record<string, unknown>[] }[];
  tokens: number;
  /** Answers the next ingestion with this instead; of status 0, by closing the connection. */
  fail(status: number, body: object, headers?: Record<string, string>): void;
  /** What `requestStatus:retrieve` says from now on. */
  processed(status: string, reason?: string): void;
  /** Tokens that were given are not taken any more. */
  revoke(): void;
  stop(): Promise<void>;
}

export async function startGoogle(now: () => number): Promise<Google> {
  const receiver = await startReceiver();
  const failures: { status: number; body: object; headers: Record<string, string> }[] = [];
  let valid = "";
  let outcome: object = { requestStatus: "PROCESSING" };
  const google: Google = {
    receiver,
    ingest: `${receiver.url}/v1/events:ingest`,
    key: JSON.stringify({
      type: "service_account",
      client_email: "calljoin@project.iam.gserviceaccount.com",
      private_key_id: "key-1",
      private_key: privateKey,
      token_uri: `${receiver.url}/token`,
    }),
    ingested: [],
    tokens: 0,
    fail: (status, body, headers = {}) => void failures.push({ status, body, headers }),
    processed(status, reason) {
      const errorInfo = reason && { errorInfo: { errorCounts: [{ recordCount: "1", reason }] } };
      outcome = { requestStatus: status, eventsIngestionStatus: { recordCount: "1" }, ...errorInfo };
    },
    revoke: () => {
      valid = "";
    },
    stop: () => receiver.stop(),
  };
  receiver.behave((request, response) => {
    const answer = (status: number, body: object, headers: Record<string, string> = {}) =>
      void response.writeHead(status, { "Content-Type": "application/json", ...headers }).end(JSON.stringify(body));
    const error = (code: number, status: string, message: string, field?: string) => {
      const type = "type.googleapis.com/google.rpc.BadRequest";
      const details = field ? [{ "@type": type, fieldViolations: [{ field, description: message }] }] : [];
      answer(code, { error: { code, message, status, details } });
    };
    if (request.url === "/token") {
      const wrong = faultOfAssertion(request, `${receiver.url}/token`, now());
      if (wrong) return answer(400, { error: "invalid_grant", error_description: wrong });
      google.tokens += 1;
      valid = `ya29.token-${google.tokens}`;
      return answer(200, { access_token: valid, expires_in: 3599, token_type: "Bearer" });
    }
    if (valid === "" || request.headers.authorization !== `Bearer ${valid}`)
      return error(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.");
    if (request.method === "GET") {
      const { pathname, searchParams } = new URL(request.url, receiver.url);
      if (pathname !== "/v1/requestStatus:retrieve" || !/^request-\d+$/.test(searchParams.get("requestId") ?? ""))
        return error(404, "NOT_FOUND", "no such request");
      return answer(200, { requestStatusPerDestination: [outcome] });
    }
    const failure = failures.shift();
    if (failure?.status === 0) return void response.destroy();
    if (failure) return answer(failure.status, failure.body, failure.headers);
    const body = JSON.parse(request.body);
    const [field, message] = faultOfBody(body, now()) ?? [];
    if (field) return error(400, "INVALID_ARGUMENT", message ?? "", field);
    if (body.validateOnly !== true) google.ingested.push(body);
    answer(200, { requestId: `request-${google.ingested.length}` });
  });
  return google;
}

function faultOfAssertion({ body, headers }: Received, audience: string, now: number): string | null {
  const form = new URLSearchParams(body);
  if (headers["content-type"] !== "application/x-www-form-urlencoded") return "content type";
  if (form.get("grant_type") !== "urn:ietf:params:oauth:grant-type:jwt-bearer") return "grant type";
  const [header = "", claims = "", signature = ""] = (form.get("assertion") ?? "").split(".");
  const read = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString());
  if (read(header).alg !== "RS256" || read(header).typ !== "JWT") return "header";
  const verify = createVerify("RSA-SHA256").update(`${header}.${claims}`);
  if (!verify.verify(keys.publicKey, signature, "base64url")) return "Invalid JWT Signature.";
  const { iss, scope, aud, iat, exp } = read(claims);
  if (iss !== "calljoin@project.iam.gserviceaccount.com" || scope !== SCOPE || aud !== audience) return "claims";
  const isInTime = exp - iat <= 3_600 && exp > iat && Math.abs(iat - now / 1_000) < 300;
  return isInTime ? null : "Invalid JWT: Token must be a short-lived token";
}

const ACCOUNT = /^\d{10}$/;
const DESTINATION = ["operatingAccount", "loginAccount", "linkedAccount", "productDestinationId", "reference"];
const EVENT = [
  "destinationReferences",
  "transactionId",
  "eventTimestamp",
  "userData",
  "consent",
  "adIdentifiers",
  "currency",
  "conversionValue",
  "eventSource",
];
const CONSENT = ["CONSENT_GRANTED", "CONSENT_DENIED"];

/** The first field that the reference would not let through. */
// biome-ignore lint/suspicious/noExplicitAny: it is what came.
function faultOfBody(body: any, now: number): [string, string] | null {
  const unknown = (given: object, known: string[]) => Object.keys(given).find((name) => !known.includes(name));
  const stranger = unknown(body, ["destinations", "events", "consent", "validateOnly", "encoding"]);
  if (stranger) return [stranger, "unknown field"];
  const [destination] = body.destinations ?? [];
  if (!destination || unknown(destination, DESTINATION)) return ["destinations", "required"];
  for (const name of ["operatingAccount", "loginAccount"])
    if (destination[name]?.accountType !== "GOOGLE_ADS" || !ACCOUNT.test(destination[name]?.accountId))
      return [`destinations[0].${name}`, "not an account"];
  if (!/^\d+$/.test(destination.productDestinationId)) return ["destinations[0].product_destination_id", "required"];
  if (!(body.events?.length > 0 && body.events.length <= 2_000)) return ["events", "1 to 2000"];
  for (const [n, event] of body.events.entries()) {
    const at = (field: string) => `events.events[${n}].${field}`;
    const other = unknown(event, EVENT);
    if (other) return [at(other), "unknown field"];
    if (!event.transactionId) return [at("transaction_id"), "required"];
    if (event.eventSource !== "PHONE") return [at("event_source"), "must be the call's"];
    const age = now - Date.parse(event.eventTimestamp);
    if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(event.eventTimestamp) || !(age >= 0))
      return [at("event_timestamp"), "not a past time"];
    const ids = Object.keys(event.adIdentifiers ?? {});
    if (ids.length === 0 || (ids.includes("gbraid") && ids.includes("wbraid")))
      return [at("ad_identifiers"), "one of them"];
    for (const { phoneNumber } of event.userData?.userIdentifiers ?? [])
      if (body.encoding !== "HEX" || !/^[0-9a-f]{64}$/.test(phoneNumber))
        return [at("user_data"), "not a SHA-256 in hex"];
    const consents = Object.values(event.consent ?? { none: "CONSENT_GRANTED" });
    if (consents.some((one) => !CONSENT.includes(String(one)))) return [at("consent"), "no such status"];
    if ((event.conversionValue === undefined) !== (event.currency === undefined))
      return [at("currency"), "value and currency"];
    if (event.currency !== undefined && !/^[A-Z]{3}$/.test(event.currency)) return [at("currency"), "ISO 4217"];
  }
  return null;
}
