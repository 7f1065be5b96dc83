/**
 * Google's access tokens for a service account. The account's key signs an assertion (JWT, RFC 7523), and Google
 * exchanges it for a token that lasts an hour
 * (https://developers.google.com/identity/protocols/oauth2/service-account#httprest).
 */
import { createHash, createSign } from "node:crypto";
import { z } from "zod";
import type { Answer, Outgoing } from "../wire/exchange";

const SCOPE = "https://www.googleapis.com/auth/datamanager";

/** Google takes no assertion that is valid for longer. */
const ASSERTION_S = 3_600;

/** We do not use a token in its last minute, because it could expire on the way. */
const MARGIN_MS = 60_000;

/** The key file that Google Cloud's console creates. */
const keySchema = z.object({
  client_email: z.string(),
  private_key: z.string(),
  private_key_id: z.string().optional(),
  token_uri: z.url().default("https://oauth2.googleapis.com/token"),
});
export type ServiceKey = z.infer<typeof keySchema>;

/**
 * Reads a credential as a key. Throws an error that says what it should have been, and reveals nothing of what it is.
 */
export function serviceKey(secret: string): ServiceKey {
  try {
    return keySchema.parse(JSON.parse(secret));
  } catch {
    throw new Error("api_secret is not a service account's key: the JSON file that Google Cloud makes, as it is");
  }
}

/** A JWS in its compact form, RS256: RFC 7515, 3.1 and appendix A.2. */
export function assertion({ client_email, private_key, private_key_id, token_uri }: ServiceKey, now: number): string {
  const iat = Math.floor(now / 1_000);
  const header = { alg: "RS256", typ: "JWT", ...(private_key_id && { kid: private_key_id }) };
  const claims = { iss: client_email, scope: SCOPE, aud: token_uri, iat, exp: iat + ASSERTION_S };
  const signed = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  try {
    return `${signed}.${createSign("RSA-SHA256").update(signed).sign(private_key, "base64url")}`;
  } catch {
    throw new Error("api_secret's private_key cannot sign; make a new key for the service account");
  }
}

type Refused = { shown: Outgoing; answer: Answer };

/** Tokens requested and received, by the hash of the credential. Several deliveries wait for one token and share it. */
const tokens = new Map<string, { asked: Promise<string | Refused>; until: number }>();
const nameOf = (secret: string) => createHash("sha256").update(secret).digest("hex");

/** A token, or, if Google gave none, the request for it and the answer. */
export function accessToken(
  secret: string,
  now: number,
  send: (request: Outgoing) => Promise<Answer>,
): Promise<string | Refused> {
  const known = tokens.get(nameOf(secret));
  if (known && known.until > now) return known.asked;
  // While a request is under way, everybody shares it. A refusal is not kept.
  const entry = { until: Number.POSITIVE_INFINITY, asked: Promise.resolve<string | Refused>("") };
  entry.asked = askFor(serviceKey(secret), now, send).then(
    ({ given, until }) => {
      entry.until = until;
      return given;
    },
    (error) => {
      entry.until = 0;
      throw error;
    },
  );
  tokens.set(nameOf(secret), entry);
  return entry.asked;
}

async function askFor(key: ServiceKey, now: number, send: (request: Outgoing) => Promise<Answer>) {
  const answer = await send(tokenRequest(key.token_uri, assertion(key, now)));
  const { access_token: token, expires_in } = answer.status === 200 ? read(answer.response) : {};
  if (!token) return { given: { shown: tokenRequest(key.token_uri, "***"), answer }, until: 0 };
  return { given: token, until: now + (expires_in ?? 0) * 1_000 - MARGIN_MS };
}

/** Drops a token that was refused, so that it is not used again. */
export function forgetToken(secret: string): void {
  tokens.delete(nameOf(secret));
}

function tokenRequest(url: string, jwt: string): Outgoing {
  const body = new URLSearchParams({
    grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
    assertion: jwt,
  }).toString();
  const headers = {
    "User-Agent": "Calljoin",
    "Content-Type": "application/x-www-form-urlencoded",
    "Content-Length": String(body.length),
  };
  return { method: "POST", url, headers, body };
}

function read(response: string): { access_token?: string; expires_in?: number } {
  try {
    return z
      .object({ access_token: z.string(), expires_in: z.number().optional() })
      .parse(JSON.parse(response)) as never;
  } catch {
    return {};
  }
}
