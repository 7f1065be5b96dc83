import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type * as QueueModule from "../../sdk/queue/queue";
import type * as SetupModule from "../../sdk/setup";

type Queue = typeof QueueModule;

const VISITOR = "aaaaaaaaaaa-0abcdefgh-aaaaaaa";
const OTHER = "bbbbbbbbbbb-0abcdefgh-bbbbbbb";

interface Sent {
  url: string;
  body: { context_id: string; snapshots: { seq: number }[] };
  keepalive: boolean;
}

let sent: Sent[];
let beacons: Sent["body"][];
let answers: { status: number; headers?: Record<string, string> }[];

/** A page's queue. Each page has modules, and so a state, of its own. */
async function openPage(): Promise<Queue> {
  vi.resetModules();
  const { setUp } = (await import("../../sdk/setup")) as typeof SetupModule;
  setUp(
    { site: "shop", consent: "not_required", gpc: true, entities: [], bridges: [] },
    "https://calls.test/t/shop.js",
  );
  return import("../../sdk/queue/queue");
}

beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
  sent = [];
  beacons = [];
  answers = [];
  vi.stubGlobal("fetch", async (url: string, { body, keepalive }: { body: string; keepalive: boolean }) => {
    sent.push({ url, body: JSON.parse(body), keepalive });
    const { status, headers } = answers.shift() ?? { status: 202 };
    if (!status) throw new TypeError("Failed to fetch");
    return new Response("{}", { status, ...(headers && { headers }) });
  });
  Object.assign(navigator, {
    sendBeacon: (_url: string, body: string) => {
      beacons.push(JSON.parse(body));
      return true;
    },
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const seqs = (body: Sent["body"] | undefined): number[] => (body?.snapshots ?? []).map(({ seq }) => seq);
const putAll = (queue: Queue, count: number, width = 0): void => {
  for (let seq = 0; seq < count; seq++) queue.put(VISITOR, `{"seq":${seq},"x":"${"-".repeat(width)}"}`);
};
const settle = () => vi.advanceTimersByTimeAsync(350);

describe("the queue", () => {
  it("sends what is read together in one request, soon, and keeps nothing of it", async () => {
    const queue = await openPage();
    putAll(queue, 3);
    expect(Object.values(localStorage)).toHaveLength(1);
    await settle();
    expect(sent).toMatchObject([{ url: "https://calls.test/v1/snapshots", keepalive: true }]);
    expect(sent[0]?.body).toMatchObject({ v: 1, site: "shop", context_id: VISITOR });
    expect(seqs(sent[0]?.body)).toEqual([0, 1, 2]);
    expect(queue.reportQueue()).toEqual([0, 0, 0, "202 {}"]);
    expect(localStorage).toHaveLength(0);
  });

  it("puts each visitor's snapshots into an envelope of their own", async () => {
    const queue = await openPage();
    queue.put(VISITOR, '{"seq":0}');
    queue.put(OTHER, '{"seq":0}');
    await queue.flush();
    expect(sent.map(({ body }) => body.context_id)).toEqual([VISITOR, OTHER]);
  });

  it("knows of each snapshot whether it was answered", async () => {
    const queue = await openPage();
    answers = [{ status: 202 }, { status: 403 }];
    const taken = queue.put(VISITOR, '{"seq":0}');
    await queue.flush();
    const refused = queue.put(VISITOR, '{"seq":1}');
    await queue.flush();
    expect([taken._isAnswered, refused._isAnswered]).toEqual([true, false]);
    expect(queue.reportQueue().slice(0, 2)).toEqual([0, 1]);
  });

  it.each([0, 408, 429, 500, 503])("keeps what was answered %i, and sends the same again later", async (status) => {
    const queue = await openPage();
    answers = [{ status }];
    putAll(queue, 1);
    await settle();
    expect(queue.reportQueue().slice(0, 3)).toEqual([1, 0, 1]);
    await vi.advanceTimersByTimeAsync(2100);
    expect(sent.map(({ body }) => seqs(body))).toEqual([[0], [0]]);
    expect(sent[1]?.keepalive).toBe(false);
  });

  it("waits for as long as Retry-After says, whatever comes meanwhile", async () => {
    const queue = await openPage();
    answers = [{ status: 429, headers: { "Retry-After": "60" } }];
    putAll(queue, 1);
    await settle();
    queue.put(VISITOR, '{"seq":1}');
    await vi.advanceTimersByTimeAsync(59_000);
    expect(sent).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1500);
    expect(sent).toHaveLength(2);
  });

  it("stops asking after nine failures, until there is something new", async () => {
    const queue = await openPage();
    answers = Array.from({ length: 50 }, () => ({ status: 0 }));
    putAll(queue, 1);
    await vi.advanceTimersByTimeAsync(24 * 3600_000);
    expect(sent).toHaveLength(9);
    queue.put(VISITOR, '{"seq":1}');
    await vi.advanceTimersByTimeAsync(300_000);
    expect(sent).toHaveLength(10);
  });

  it("sends what is too large in smaller parts, down to one, and gives that one up", async () => {
    const queue = await openPage();
    answers = [{ status: 413 }, { status: 413 }];
    putAll(queue, 4, 100);
    await queue.flush();
    expect(sent.map(({ body }) => seqs(body).length)).toEqual([4, 1, 1, 1, 1]);
    expect(queue.reportQueue().slice(0, 2)).toEqual([0, 1]);
  });

  it("is bounded, drops its oldest and counts them", async () => {
    const queue = await openPage();
    putAll(queue, 300, 1000);
    const [queued, dropped] = queue.reportQueue();
    expect(queued + dropped).toBe(300);
    expect(dropped).toBeGreaterThan(150);
    expect(String(Object.values(localStorage)[0]).length).toBeLessThanOrEqual(100_000);
    expect(Object.values(localStorage)[0]).toContain('"seq":299,');
  });
});

describe("a page that is left", () => {
  it("beacons what has not left yet, and keeps it until someone hears an answer", async () => {
    const queue = await openPage();
    putAll(queue, 2);
    queue.leave();
    expect(beacons.map(seqs)).toEqual([[0, 1]]);
    queue.leave();
    expect(beacons).toHaveLength(1);
    expect(localStorage).toHaveLength(1);
  });

  it("does not send again what a beacon took when it comes back", async () => {
    const queue = await openPage();
    putAll(queue, 1);
    queue.leave();
    queue.wake();
    await settle();
    await queue.flush();
    expect(sent).toEqual([]);
  });

  it("leaves its queue to the next, which confirms by fetch what a beacon took, and does not beacon it again", async () => {
    const left = await openPage();
    putAll(left, 2);
    left.leave();
    vi.clearAllTimers(); // the page is gone
    const next = await openPage();
    next.wake();
    next.put(VISITOR, '{"seq":9}');
    next.leave();
    vi.clearAllTimers();
    expect(beacons.map(seqs)).toEqual([[0, 1], [9]]);
    const third = await openPage();
    third.wake();
    await settle();
    expect(sent.map(({ body }) => seqs(body).sort())).toEqual([[0, 1, 9]]);
    expect(localStorage).toHaveLength(0);
  });

  it("beacons halves where the whole is refused, and fetches where all is", async () => {
    const queue = await openPage();
    const lengths: number[] = [];
    Object.assign(navigator, {
      sendBeacon: (_url: string, body: string) => {
        lengths.push(seqs(JSON.parse(body)).length);
        return lengths.length > 1 && lengths.length < 4;
      },
    });
    putAll(queue, 4);
    queue.leave();
    expect(lengths.slice(0, 3)).toEqual([4, 2, 2]);

    const blocked = await openPage();
    Object.assign(navigator, { sendBeacon: undefined });
    putAll(blocked, 3);
    blocked.leave();
    expect(sent.map(({ body }) => seqs(body))).toEqual([[0, 1, 2]]);
  });

  it("does without storage where the browser denies it", async () => {
    vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
      throw new Error("full");
    });
    const queue = await openPage();
    putAll(queue, 2);
    queue.leave();
    queue.wake();
    expect(queue.reportQueue()[0]).toBe(2);
    vi.restoreAllMocks();
  });

  it("whose queue another has taken over meanwhile does not keep a copy", async () => {
    const queue = await openPage();
    putAll(queue, 2);
    queue.leave();
    localStorage.clear();
    queue.wake();
    expect(queue.reportQueue()[0]).toBe(0);
  });
});
