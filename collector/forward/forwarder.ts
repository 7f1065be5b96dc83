/** Sends what is due. Every collector runs one of these on the same table; a delivery is claimed before it is sent. */
import type { Logger } from "pino";
import type { KnownSite, SiteRegistry } from "../site/registry";
import type { Store } from "../store/store";
import type { DeliveryRow } from "../store/tables";
import type { Webhook } from "../wire/site";
import { ga4Fault, ga4Url } from "./ga4";
import { type Rendered, requestOf } from "./render";
import { next } from "./retry";
import type { Answer, Outgoing, Send } from "./send";
import { signed } from "./sign";

/** Requests that one webhook has under way: a receiver that hangs costs only these, and holds up nobody else's. */
const PER_WEBHOOK = 5;

/** How long a claim holds: longer than any attempt lasts, and after a crash somebody else takes over. */
const LEASE_MS = 20_000;

/** Calls are joined many at a time; looking for what is due once for all of them is soon enough. */
const WAKE_MS = 20;

export interface Forwarder {
  /** Begins to send what is due; resolves when that is known, not when it is sent. */
  poll(): Promise<void>;
  /** Polls soon, however often it is called until then. */
  wake(): void;
  /** Resolves when nothing is under way any more, and every attempt is logged. */
  idle(): Promise<void>;
  /**
   * Sends one request as this webhook would, signed under `id`. A `test` goes to a webhook that is off, too,
   * and asks GA4 only what it thinks of it.
   */
  request(known: KnownSite, webhook: Webhook, id: string, rendered: Rendered, test: boolean): Promise<Sent>;
  /** Claims nothing more; resolves when what is under way is logged. */
  stop(): Promise<void>;
}

export interface Sent {
  /** As it was sent, less GA4's API secret; null where it was not. */
  request: Outgoing | null;
  answer: Answer;
}

export interface ForwarderDeps {
  store: Store;
  sites: SiteRegistry;
  send: Send;
  clock: () => number;
  /** From 0 to 1. */
  random: () => number;
  log: Logger;
}

export function createForwarder({ store, sites, send, clock, random, log }: ForwarderDeps): Forwarder {
  const busy = new Map<string, number>();
  const underWay = new Set<Promise<void>>();
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
    const { request: sent, answer } =
      known && webhook
        ? await request(known, webhook, delivery.id, rendered, false)
        : notSent("the site has no such webhook any more");
    const { state, at: nextAt } = sent
      ? next(answer, delivery.failures, clock(), random())
      : { state: "dead" as const, at: null };
    const gone = answer.status === 410;
    await store.settleDelivery(delivery, {
      state,
      next_attempt_at: nextAt,
      failures: delivery.failures + (state === "delivered" ? 0 : 1),
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
    report(delivery, state, answer);
  }

  async function request(
    known: KnownSite,
    webhook: Webhook,
    id: string,
    rendered: Rendered,
    test: boolean,
  ): Promise<Sent> {
    const { site } = known;
    const now = clock();
    const secretsOf = async (kind: "webhook_secret" | "webhook_api_secret") =>
      (await store.secrets(site, kind, now)).flatMap((row) =>
        row.name === webhook.name && row.secret ? [row.secret] : [],
      );
    const secrets = await secretsOf("webhook_secret");
    if (webhook.off !== undefined && !test) return notSent(`the webhook is off: ${webhook.off}`);
    if (secrets.length === 0) return notSent("the webhook has no secret to sign with");

    const fault = rendered.format === "ga4" ? ga4Fault(rendered.body, now) : null;
    if (fault !== null) return notSent(fault);

    const urlWith = (apiSecret: string) =>
      rendered.format === "ga4" ? ga4Url(webhook, apiSecret, test) : (webhook.url ?? "");
    const [apiSecret = ""] = await secretsOf("webhook_api_secret");
    const unsigned = requestOf(urlWith(apiSecret), rendered);
    const outgoing = { ...unsigned, headers: { ...unsigned.headers, ...signed(id, now, unsigned.body, secrets) } };
    const answer = await send(outgoing);
    return { request: { ...outgoing, url: requestOf(urlWith("***"), rendered).url }, answer };
  }

  function report({ site, id, webhook, event, call_id, version }: DeliveryRow, state: string, answer: Answer): void {
    const { status, error, ms } = answer;
    const line = { site, delivery: id, webhook, event, call_id, version, state, status, error, ms };
    if (state === "delivered") log.info(line, "delivered");
    else log.warn(line, state === "dead" ? "delivery given up" : "delivery failed");
  }

  async function poll(): Promise<void> {
    for (const { site, webhook } of await store.dueWebhooks(clock())) start(site, webhook);
  }

  async function idle(): Promise<void> {
    while (underWay.size > 0) await Promise.all(underWay);
  }

  return {
    request,
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
      await idle();
    },
  };
}

function notSent(error: string): Sent {
  return { request: null, answer: { status: null, retryAfter: null, response: "", error, ms: 0 } };
}
