/**
 * Sends the deliveries that are due. Every collector runs a forwarder on the same table, and claims a delivery before
 * sending it.
 */
import { setImmediate } from "node:timers/promises";
import type { Logger } from "pino";
import type { Verdict } from "../convert/destination";
import type { KnownSite, SiteRegistry } from "../site/registry";
import type { Store } from "../store/store";
import type { DeliveryRow } from "../store/tables";
import type { Answer } from "../wire/exchange";
import { type Attempts, createAttempts, notSent } from "./attempt";
import type { Rendered } from "./render";
import { type Next, next } from "./retry";
import type { Send } from "./send";

/**
 * How many requests a webhook may have under way. A receiver that hangs blocks only these, and holds up no other
 * webhook.
 */
const PER_WEBHOOK = 5;

/** How long a claim holds. It is longer than any attempt. After a crash, another collector takes over. */
const LEASE_MS = 20_000;

/** Calls are joined in batches. It is soon enough to look once for what a whole batch made due. */
const WAKE_MS = 20;

/** How many attempts to log in one transaction, which takes a few ms. */
const MOST_TOGETHER = 20;

/** When the collector stops, receivers get this long to answer. */
const STOP_MS = 3_000;

export interface Forwarder extends Pick<Attempts, "prepare" | "test"> {
  /** Begins to send what is due. Resolves when it knows what that is, not when it is sent. */
  poll(): Promise<void>;
  /** Polls soon, once for all calls until then. */
  wake(): void;
  /** Resolves when nothing is under way any more, and every attempt is logged. */
  idle(): Promise<void>;
  /** Claims nothing more. Cuts off what is under way after some seconds, and resolves when all of it is logged. */
  stop(): Promise<void>;
}

export interface ForwarderDeps {
  store: Store;
  sites: SiteRegistry;
  send: Send;
  clock: () => number;
  /** From 0 to 1. */
  random: () => number;
  log: Logger;
  /** The folder of the files that `api_secret_file` names. */
  secretsFolder?: string | undefined;
}

/** What one webhook has under way. `isAsked` means that somebody asked for more during a claim. */
interface Line {
  underWay: number;
  isClaiming: boolean;
  isAsked: boolean;
}

export function createForwarder(deps: ForwarderDeps): Forwarder {
  const { store, sites, clock, random, log } = deps;
  const lines = new Map<string, Line>();
  const underWay = new Set<Promise<void>>();
  const cut = new AbortController();
  const settle = together(store.settleDeliveries);
  const attempts = createAttempts({ ...deps, cut: cut.signal });
  let stopped = false;
  let waking: NodeJS.Timeout | undefined;

  /** Works through one webhook's deliveries, as many at a time as it may have under way. */
  function start(site: string, webhook: string): void {
    const key = `${site} ${webhook}`;
    const line = lines.get(key) ?? { underWay: 0, isClaiming: false, isAsked: false };
    lines.set(key, line);
    // A delivery that came after the claim began may not be in it.
    line.isAsked ||= line.isClaiming;
    if (stopped || line.isClaiming || line.underWay === PER_WEBHOOK) return;
    line.isClaiming = true;
    track(site, webhook, async () => {
      // Attempts that end together are followed by one claim.
      await setImmediate();
      const now = clock();
      const most = PER_WEBHOOK - line.underWay;
      const claimed = stopped ? [] : await store.claimDeliveries(site, webhook, now, now + LEASE_MS, most);
      line.underWay += claimed.length;
      for (const delivery of claimed) {
        track(site, webhook, async () => {
          await deliver(delivery).finally(() => {
            line.underWay -= 1;
          });
          // Not after an attempt that could not be logged: a full disk would send everything, again and again.
          start(site, webhook);
        });
      }
    }).finally(() => {
      const isAsked = line.isAsked;
      Object.assign(line, { isClaiming: false, isAsked: false });
      if (isAsked) start(site, webhook);
    });
  }

  function track(site: string, webhook: string, work: () => Promise<void>): Promise<void> {
    const tracked: Promise<void> = work()
      .catch((error) => log.error({ err: error, site, webhook }, "forwarding failed"))
      .finally(() => underWay.delete(tracked));
    underWay.add(tracked);
    return tracked;
  }

  async function deliver(delivery: DeliveryRow): Promise<void> {
    const webhookOf = (known: KnownSite | null) =>
      known?.document.webhooks.find(({ name }) => name === delivery.webhook);
    let known = await sites.current(delivery.site);
    let webhook = webhookOf(known);
    if (!webhook || webhook.off !== undefined) {
      // Another collector may have saved the webhook a moment ago.
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
      ? await attempts.attempt(known, webhook, delivery, rendered)
      : notSent("the site has no such webhook any more");
    // The attempt was cut off because the collector stops. Another collector, or the next start, tries again. The
    // receiver is not at fault.
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
    await settle({
      claimed: delivery,
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
        ? {
            why: `answered 410 Gone at ${new Date(at).toISOString()}; save the site without this line to switch it on`,
            url: webhook?.url,
          }
        : null,
    });
    report(delivery, state, answer, failed);
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
    prepare: attempts.prepare,
    test: attempts.test,
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

/**
 * Collects rows while others are being written, and writes them together, up to a limit. A commit costs one wait for
 * the disk, however much is in it, but it must not hold up others for long.
 */
function together<T>(write: (rows: T[]) => Promise<void>): (row: T) => Promise<void> {
  let last: Promise<unknown> = Promise.resolve();
  let next: { rows: T[]; written: Promise<void> } | null = null;
  return (row) => {
    if (!next || next.rows.length === MOST_TOGETHER) {
      const rows: T[] = [];
      const written = last.then(() => {
        if (next?.rows === rows) next = null;
        return write(rows);
      });
      last = written.catch(() => undefined);
      next = { rows, written };
    }
    next.rows.push(row);
    return next.written;
  };
}

/** What a platform's verdict makes of a delivery, or null if the status decides. */
function decided(verdict: Verdict, now: number): Next | null {
  if (isLater(verdict)) return { state: "pending", at: now + verdict.later };
  if (verdict === null) return null;
  return { state: verdict === "delivered" ? "delivered" : "dead", at: null };
}

function isLater(verdict: Verdict): verdict is { later: number } {
  return typeof verdict === "object" && verdict !== null;
}
