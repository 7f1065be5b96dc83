/** Sends what is due. Every collector runs one of these on the same table; a delivery is claimed before it is sent. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "pino";
import type { Verdict } from "../convert/destination";
import { apiOf } from "../convert/index";
import type { KnownSite, SiteRegistry } from "../site/registry";
import type { Store } from "../store/store";
import type { AttemptRow, DeliveryRow } from "../store/tables";
import type { Answer, Outgoing } from "../wire/exchange";
import type { Webhook } from "../wire/site";
import { filled, type Rendered, requestOf } from "./render";
import { type Next, next } from "./retry";
import type { Send } from "./send";
import { signed } from "./sign";

/** Requests that one webhook has under way: a receiver that hangs costs only these, and holds up nobody else's. */
const PER_WEBHOOK = 5;

/** How long a claim holds: longer than any attempt lasts, and after a crash somebody else takes over. */
const LEASE_MS = 20_000;

/** A platform's attempt may be several requests, the one for a token first: all of them end before the claim does. */
const PLATFORM_MS = 17_000;

/** Calls are joined many at a time; looking for what is due once for all of them is soon enough. */
const WAKE_MS = 20;

/** Receivers have so long to answer when the collector is to stop. */
const STOP_MS = 3_000;

export interface Forwarder {
  /** Begins to send what is due; resolves when that is known, not when it is sent. */
  poll(): Promise<void>;
  /** Polls soon, however often it is called until then. */
  wake(): void;
  /** Resolves when nothing is under way any more, and every attempt is logged. */
  idle(): Promise<void>;
  /**
   * The request that a webhook would be sent, signed under `id`, or why there is none. Of a platform it is not made before it is sent, since
   * its credential may have to be asked for.
   */
  prepare(known: KnownSite, webhook: Webhook, id: string, rendered: Rendered): Promise<Outgoing | string>;
  /** Sends one request as this webhook would, signed under `id`, even where it is off. A platform is only asked what it thinks of it. */
  test(known: KnownSite, webhook: Webhook, id: string, rendered: Rendered): Promise<Sent>;
  /** Claims nothing more; resolves when what is under way is logged, which is cut off after some seconds. */
  stop(): Promise<void>;
}

export interface Sent {
  /** As it was sent, less a platform's credential; null where it was not. */
  request: Outgoing | null;
  answer: Answer;
  /** What a platform means by it; null where the status says it. */
  verdict: Verdict;
}

export interface ForwarderDeps {
  store: Store;
  sites: SiteRegistry;
  send: Send;
  clock: () => number;
  /** From 0 to 1. */
  random: () => number;
  log: Logger;
  /** The folder of `api_secret_file`s. */
  secretsFolder?: string | undefined;
}

export function createForwarder(deps: ForwarderDeps): Forwarder {
  const { store, sites, send, clock, random, log, secretsFolder } = deps;
  const busy = new Map<string, number>();
  const underWay = new Set<Promise<void>>();
  const cut = new AbortController();
  let stopped = false;
  let waking: NodeJS.Timeout | undefined;

  /** Works through one webhook's deliveries; whoever has got one calls for another hand first, up to the bound. */
  function start(site: string, webhook: string): void {
    const key = `${site} ${webhook}`;
    const hands = busy.get(key) ?? 0;
    if (stopped || hands >= PER_WEBHOOK) return;
    busy.set(key, hands + 1);
    const work: Promise<void> = (async () => {
      for (;;) {
        const now = clock();
        const claimed = stopped ? null : await store.claimDelivery(site, webhook, now, now + LEASE_MS);
        if (!claimed) return;
        start(site, webhook);
        await deliver(claimed);
      }
    })()
      .catch((error) => log.error({ err: error, site, webhook }, "forwarding failed"))
      .finally(() => {
        busy.set(key, (busy.get(key) ?? 1) - 1);
        underWay.delete(work);
      });
    underWay.add(work);
  }

  async function deliver(delivery: DeliveryRow): Promise<void> {
    const webhookOf = (known: KnownSite | null) =>
      known?.document.webhooks.find(({ name }) => name === delivery.webhook);
    let known = await sites.current(delivery.site);
    let webhook = webhookOf(known);
    if (!webhook || webhook.off !== undefined) {
      // Another collector may have saved it a moment ago.
      known = await sites.version(delivery.site);
      webhook = webhookOf(known);
    }
    const rendered: Rendered = JSON.parse(delivery.request);
    const at = clock();
    const {
      request: sent,
      answer,
      verdict,
    } = known && webhook
      ? await attempt(known, webhook, delivery, rendered)
      : notSent("the site has no such webhook any more");
    // Cut off while the collector stops: whoever goes on tries it again, and the receiver had no fault in it.
    const isCut = sent !== null && answer.status === null && cut.signal.aborted;
    if (isCut) answer.error = "the collector was stopped before an answer came";
    const now = clock();
    const { state, at: nextAt }: Next = isCut
      ? { state: "pending", at: now }
      : sent
        ? (decided(verdict, now) ?? next(answer, delivery.failures, now, random()))
        : { state: "dead", at: null };
    const failed = !isCut && state !== "delivered" && !isLater(verdict);
    const gone = answer.status === 410;
    await store.settleDelivery(delivery, {
      state,
      next_attempt_at: nextAt,
      failures: delivery.failures + (failed ? 1 : 0),
      attempt: {
        at,
        ms: answer.ms,
        status: answer.status,
        error: answer.error,
        request: sent && JSON.stringify(sent),
        response: answer.response,
      },
      webhookOff: gone
        ? `answered 410 Gone at ${new Date(at).toISOString()}; save the site without this line to switch it on`
        : null,
    });
    report(delivery, state, answer, failed);
  }

  /** The next attempt at a delivery; a platform's is not made where another one of the call's stands for it. */
  async function attempt(known: KnownSite, webhook: Webhook, delivery: DeliveryRow, rendered: Rendered): Promise<Sent> {
    if (webhook.off !== undefined) return notSent(`the webhook is off: ${webhook.off}`);
    const api = apiOf(rendered);
    if (!api) return signedRequest(known, webhook, delivery.id, rendered);
    const { site, call_id, id, version } = delivery;
    const others = (await store.deliveriesOfCalls(site, [call_id])).filter(
      (other) => other.webhook === webhook.name && other.id !== id,
    );
    const later = others.find((other) => other.version > version);
    if (later) return notSent(`version ${later.version} of the call is sent in its place`);
    if (!api.restates && others.some(({ state }) => state === "delivered"))
      return notSent("the platform was told of this call, and takes no corrections");
    return platformRequest(known, webhook, rendered, false, await store.attempts(site, call_id, id));
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
      // It will not be any better next time.
      return (error as Error).message;
    }
  }

  async function signedRequest(...asked: Parameters<Forwarder["prepare"]>): Promise<Sent> {
    const outgoing = await prepare(...asked);
    if (typeof outgoing === "string") return notSent(outgoing);
    return { request: outgoing, answer: await send(outgoing, cut.signal), verdict: null };
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
      const bound = AbortSignal.any([cut.signal, AbortSignal.timeout(PLATFORM_MS)]);
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

  /** A platform's credential, from the site document or from a file of the operator's. Throws an error that says what is missing. */
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

  function report(delivery: DeliveryRow, state: string, { status, error, ms }: Answer, failed: boolean): void {
    const { site, id, webhook, event, call_id, version } = delivery;
    const line = { site, delivery: id, webhook, event, call_id, version, state, status, error, ms };
    if (!failed) log.info(line, state === "delivered" ? "delivered" : "taken, and not done yet");
    else log.warn(line, state === "dead" ? "delivery given up" : "delivery failed");
  }

  async function poll(): Promise<void> {
    for (const { site, webhook } of await store.dueWebhooks(clock())) start(site, webhook);
  }

  async function idle(): Promise<void> {
    while (underWay.size > 0) await Promise.all(underWay);
  }

  return {
    prepare,
    test: (known, webhook, id, rendered) =>
      apiOf(rendered)
        ? platformRequest(known, webhook, rendered, true, [])
        : signedRequest(known, webhook, id, rendered),
    poll,
    idle,
    wake() {
      if (stopped) return;
      waking ??= setTimeout(() => {
        waking = undefined;
        poll().catch((error) => log.error({ err: error }, "forwarding failed"));
      }, WAKE_MS);
    },
    async stop() {
      stopped = true;
      clearTimeout(waking);
      const late = setTimeout(() => cut.abort(), STOP_MS);
      await idle();
      clearTimeout(late);
    },
  };
}

/** What a platform's verdict makes of a delivery; null where its status decides. */
function decided(verdict: Verdict, now: number): Next | null {
  if (isLater(verdict)) return { state: "pending", at: now + verdict.later };
  if (verdict === null) return null;
  return { state: verdict === "delivered" ? "delivered" : "dead", at: null };
}

function isLater(verdict: Verdict): verdict is { later: number } {
  return typeof verdict === "object" && verdict !== null;
}

function notSent(error: string): Sent {
  const answer = { status: null, retryAfter: null, response: "", error, ms: 0 };
  return { request: null, answer, verdict: null };
}
