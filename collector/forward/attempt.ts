/** One attempt at a delivery: the request to a webhook or a platform, and what came of it. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isEligible } from "../convert/conversion";
import type { Verdict } from "../convert/destination";
import { apiOf, destinationOf } from "../convert/index";
import { callOf } from "../join/call";
import type { KnownSite } from "../site/registry";
import type { Store } from "../store/store";
import type { AttemptRow, DeliveryRow } from "../store/tables";
import type { Answer, Outgoing } from "../wire/exchange";
import { placeholders } from "../wire/parameters";
import type { Site, Webhook } from "../wire/site";
import { filled, fillOf, type Rendered, requestOf } from "./render";
import type { Send } from "./send";
import { signed } from "./sign";

/**
 * An attempt at a platform may take several requests, starting with one for a token. All of them must end before the
 * delivery's claim does.
 */
const PLATFORM_MS = 17_000;

export interface Sent {
  /** The request as sent, without a platform's credential, or null if it was not sent. */
  request: Outgoing | null;
  answer: Answer;
  /** What a platform means by its answer, or null if the status says it. */
  verdict: Verdict;
}

export interface Attempts {
  /**
   * The request that a webhook would be sent, signed under `id`, or the reason why there is none. A platform's request
   * is not made before it is sent, because its credential may have to be fetched first.
   */
  prepare(known: KnownSite, webhook: Webhook, id: string, rendered: Rendered): Promise<Outgoing | string>;
  /**
   * Sends one request as this webhook would, signed under `id`, even if the webhook is off. A platform is asked only to
   * check it.
   */
  test(known: KnownSite, webhook: Webhook, id: string, rendered: Rendered): Promise<Sent>;
  /**
   * Makes the next attempt at a delivery. For a platform, it makes none if another of the call's deliveries stands for
   * this one.
   */
  attempt(known: KnownSite, webhook: Webhook, delivery: DeliveryRow, rendered: Rendered): Promise<Sent>;
}

interface AttemptsDeps {
  store: Store;
  send: Send;
  clock: () => number;
  /** The folder of the files that `api_secret_file` names. */
  secretsFolder?: string | undefined;
  /** Aborts the requests under way. */
  cut: AbortSignal;
}

export function createAttempts({ store, send, clock, secretsFolder, cut }: AttemptsDeps): Attempts {
  async function attempt(known: KnownSite, webhook: Webhook, delivery: DeliveryRow, rendered: Rendered): Promise<Sent> {
    if (webhook.off !== undefined) return notSent(`the webhook is off: ${webhook.off}`);
    const api = apiOf(rendered);
    // A platform's credential and body are for that platform alone. A plain webhook never gets a platform's body.
    if (webhook.format !== rendered.format && (api || destinationOf(webhook)))
      return notSent(`it was made for ${rendered.format}, and the webhook is ${webhook.format} now`);
    if (!api) return signedRequest(known, webhook, delivery.id, await filledUp(webhook, delivery, rendered));
    const { site, call_id, id, version } = delivery;
    const others = (await store.deliveriesOfCalls(site, [call_id])).filter(
      (other) => other.webhook === webhook.name && other.id !== id,
    );
    const later = others.find((other) => other.version > version);
    if (later) return notSent(`version ${later.version} of the call is sent in its place`);
    if (!api.restates && others.some(({ state }) => state === "delivered"))
      return notSent("the platform was told of this call, and takes no corrections");
    if (rendered.takesBack && !(await wereTold(others)))
      return notSent("the platform was not told that this call counted");
    const attempts = await store.attempts(site, call_id, id);
    const isTaken = attempts.some(({ status }) => status === 200);
    const why = isTaken || rendered.takesBack ? null : await whyNoMore(delivery);
    return why === null ? platformRequest(known, webhook, rendered, false, attempts) : notSent(why);
  }

  /**
   * Why a call is no longer a conversion at this destination, or null if it still is. Age does not count here: the
   * platform decides that.
   */
  async function whyNoMore({ site, call_id, webhook: name }: DeliveryRow): Promise<string | null> {
    const [row] = await store.calls(site, { id: call_id }, null, 1);
    // Read the newest document. Another collector may have saved it a moment ago, and the call may count under it.
    const document: Site | null = JSON.parse((await store.site(site))?.document ?? "null");
    const webhook = document?.webhooks.find((one) => one.name === name);
    const destination = webhook && destinationOf(webhook);
    if (!row || !document || !destination || destination.isChosenFor) return null;
    const eligible = destination.eligible(webhook, callOf(row), document, row.ts);
    return isEligible(eligible) || eligible.reason === "too_old" ? null : `${eligible.reason}: ${eligible.detail}`;
  }

  /**
   * Whether the platform has taken one of a call's deliveries, or may have. It may have if it was asked and no answer
   * came.
   */
  async function wereTold(deliveries: DeliveryRow[]): Promise<boolean> {
    for (const { site, call_id, id, state } of deliveries) {
      const attempts = state === "delivered" ? [] : await store.attempts(site, call_id, id);
      if (
        state === "delivered" ||
        attempts.some(({ status, request }) => status === 200 || (status === null && request !== null))
      )
        return true;
    }
    return false;
  }

  /** If the URL has gained placeholders since the delivery was made, their values come from the call as it is now. */
  async function filledUp(webhook: Webhook, delivery: DeliveryRow, rendered: Rendered): Promise<Rendered> {
    const asked = placeholders(webhook.url ?? "");
    if (asked.every((value) => Object.hasOwn(rendered.fill, value))) return rendered;
    const [row] = await store.calls(delivery.site, { id: delivery.call_id }, null, 1);
    return row ? { ...rendered, fill: { ...fillOf(asked, callOf(row)), ...rendered.fill } } : rendered;
  }

  async function prepare(
    known: KnownSite,
    webhook: Webhook,
    id: string,
    rendered: Rendered,
  ): Promise<Outgoing | string> {
    const now = clock();
    const secrets = await secretsOf(known, webhook, "webhook_secret", now);
    if (secrets.length === 0) return "the webhook has no secret to sign with";
    try {
      const unsigned = requestOf(webhook.url ?? "", rendered);
      return { ...unsigned, headers: { ...unsigned.headers, ...signed(id, now, unsigned.body, secrets) } };
    } catch (error) {
      // The next attempt would fail in the same way.
      return (error as Error).message;
    }
  }

  async function signedRequest(...asked: Parameters<Attempts["prepare"]>): Promise<Sent> {
    const outgoing = await prepare(...asked);
    if (typeof outgoing === "string") return notSent(outgoing);
    return { request: outgoing, answer: await send(outgoing, cut), verdict: null };
  }

  async function platformRequest(
    known: KnownSite,
    webhook: Webhook,
    rendered: Rendered,
    test: boolean,
    attempts: AttemptRow[],
  ): Promise<Sent> {
    const api = apiOf(rendered);
    if (!api) return notSent("this is no platform that can be told");
    const now = clock();
    try {
      const fault = api.fault(rendered.body, now);
      if (fault !== null) return notSent(fault);
      const url = webhook.url && filled(webhook.url, rendered.fill).href;
      const secret = await credential(known, webhook, now);
      const bound = AbortSignal.any([cut, AbortSignal.timeout(PLATFORM_MS)]);
      const asked = {
        webhook: { ...webhook, url },
        body: rendered.body,
        secret,
        test,
        attempts,
        now,
        send: (request: Outgoing) => send(request, bound),
      };
      const question = await api.ask(asked);
      if ("answer" in question) return { request: question.shown, answer: question.answer, verdict: null };
      const answer = await asked.send(question.request);
      return { request: question.shown, answer, verdict: api.read(answer, asked) };
    } catch (error) {
      return notSent((error as Error).message);
    }
  }

  /**
   * A platform's credential, from the site document or from a file of the operator's. Throws an error that says what is
   * missing.
   */
  async function credential(known: KnownSite, webhook: Webhook, now: number): Promise<string> {
    const { api_secret_file: file } = webhook;
    if (file === undefined) {
      const [secret] = await secretsOf(known, webhook, "webhook_api_secret", now);
      if (secret === undefined) throw new Error("the webhook has no api_secret");
      return secret;
    }
    if (secretsFolder === undefined) throw new Error("api_secret_file needs CALLJOIN_SECRETS, which is not set");
    const text = await readFile(join(secretsFolder, file), "utf8").catch(() => null);
    if (text === null) throw new Error(`there is no file ${file} in CALLJOIN_SECRETS that can be read`);
    return text.trim();
  }

  async function secretsOf(
    { site }: KnownSite,
    webhook: Webhook,
    kind: "webhook_secret" | "webhook_api_secret",
    now: number,
  ): Promise<string[]> {
    const rows = await store.secrets(site, kind, now);
    return rows.flatMap(({ name, secret }) => (name === webhook.name && secret ? [secret] : []));
  }

  return {
    prepare,
    attempt,
    test: (known, webhook, id, rendered) =>
      apiOf(rendered)
        ? platformRequest(known, webhook, rendered, true, [])
        : signedRequest(known, webhook, id, rendered),
  };
}

export function notSent(error: string): Sent {
  const answer = { status: null, retryAfter: null, response: "", error, ms: 0 };
  return { request: null, answer, verdict: null };
}
