/**
 * Tells watchers what happens on a site as it happens: server-sent events
 * (https://html.spec.whatwg.org/#server-sent-events).
 */
import { type Response, Router } from "express";
import { type RouteDeps, siteOf } from "../site/deps";
import type { ChangedCall } from "../store/live";
import { type Progress, readProgress } from "./progress";

/** How often to ask the store, once for all who watch a site. */
const LOOK_MS = 1_000;

/**
 * How far back to look each time. A call may be committed after one that was joined later, and another collector's
 * clock may be behind.
 */
const OVERLAP_MS = 10_000;

/**
 * How many calls to read in one look. If a watcher who reconnects has missed this many, we tell them to reload the
 * list instead.
 */
const MOST = 1_000;

/**
 * How long a stream lives. A watcher who reconnects must authenticate again, so nobody can watch for longer than this
 * after signing out.
 */
const LIFE_MS = 60_000;

/** Proxies close silent connections. */
const PING_MS = 15_000;

export interface LiveRouteDeps extends RouteDeps {
  log: { error(line: object, message: string): void };
}

interface Watch {
  listeners: Set<Response>;
  /** The versions of recent calls that watchers were told. */
  told: Map<string, ChangedCall>;
  progress: Progress | null;
  timer: NodeJS.Timeout;
}

export function liveRoutes({ sites, store, clock, gate, log }: LiveRouteDeps): { router: Router; stop: () => void } {
  const watches = new Map<string, Promise<Watch>>();
  const router = Router();

  async function look(site: string, watch: Watch): Promise<void> {
    const since = clock() - OVERLAP_MS;
    for (const call of await store.changedCalls(site, since, MOST)) {
      if ((watch.told.get(call.call_id)?.version ?? 0) >= call.version) continue;
      watch.told.set(call.call_id, call);
      for (const listener of watch.listeners) tell(listener, call);
    }
    for (const [id, { joined_at }] of watch.told) if (joined_at < since) watch.told.delete(id);
    const before = watch.progress;
    if (before && Object.values(before).every((at) => at !== null)) return;
    const known = await sites.current(site);
    if (!known) return;
    watch.progress = await readProgress(store, known);
    if (before && JSON.stringify(before) !== JSON.stringify(watch.progress))
      for (const listener of watch.listeners) send(listener, "progress", watch.progress);
  }

  async function begin(site: string): Promise<Watch> {
    const watch: Watch = {
      listeners: new Set(),
      told: new Map(),
      progress: null,
      timer: setTimeout(() => undefined, 0),
    };
    // What is there already is no news.
    await look(site, watch);
    const again = async () => {
      await look(site, watch).catch((error) => log.error({ err: error, site }, "looking on failed"));
      if (watch.listeners.size > 0) watch.timer = setTimeout(again, LOOK_MS).unref();
      else watches.delete(site);
    };
    watch.timer = setTimeout(again, LOOK_MS).unref();
    return watch;
  }

  function watchOf(site: string): Promise<Watch> {
    const known = watches.get(site);
    if (known) return known;
    const watch = begin(site);
    watches.set(site, watch);
    watch.catch(() => watches.delete(site));
    return watch;
  }

  /** Tells a watcher who reconnects what has happened since. It may repeat what they already know. */
  async function catchUp(site: string, response: Response, last: string | undefined): Promise<void> {
    const at = Number(/^\d{1,15}/.exec(last ?? "")?.[0] ?? Number.NaN);
    if (Number.isNaN(at)) return;
    const calls = await store.changedCalls(site, at - OVERLAP_MS, MOST);
    if (calls.length === MOST) send(response, "reset", {});
    else for (const call of calls) tell(response, call);
  }

  router.get("/v1/sites/:site/live", gate, async (request, response) => {
    const { site } = await siteOf(sites.current, request);
    const { listeners } = await watchOf(site);
    response.set({
      "Content-Type": "text/event-stream; charset=utf-8",
      "Cache-Control": "no-store",
      // nginx would hold the stream back (https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_buffering).
      "X-Accel-Buffering": "no",
    });
    response.write(`retry: ${LOOK_MS}\n\n`);
    await catchUp(site, response, request.get("last-event-id"));
    listeners.add(response);
    const ping = setInterval(() => response.write(":\n\n"), PING_MS).unref();
    const end = setTimeout(() => response.end(), LIFE_MS).unref();
    // Elsewhere, a client that has closed its side may still wait for an answer. Here, it has stopped watching.
    const gone = () => response.destroy();
    request.socket.once("end", gone);
    response.once("close", () => {
      request.socket.off("end", gone);
      listeners.delete(response);
      clearInterval(ping);
      clearTimeout(end);
    });
  });

  return {
    router,
    stop() {
      for (const watch of watches.values()) {
        void watch.then(({ listeners, timer }) => {
          clearTimeout(timer);
          for (const listener of listeners) listener.end();
        });
      }
    },
  };
}

function tell(response: Response, { call_id, ts, status, version, joined_at }: ChangedCall): void {
  response.write(`id: ${joined_at}-${call_id}\n`);
  send(response, "call", { id: call_id, ts, status, version });
}

function send(response: Response, event: string, data: object): void {
  response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}
