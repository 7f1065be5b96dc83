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
let answers: { status: number; headers?: Record<string, string>; text?: string; hangs?: boolean }[];

/** As collector/http/problem.ts has it. */
const problem = (status: number) => `{"type":"about:blank","title":"T","status":${status},"detail":"d"}`;
/** As ASP.NET Core has it (https://learn.microsoft.com/en-us/aspnet/core/fundamentals/error-handling-api, "Problem details"). */
const gateways = (status: number) =>
  `{"type":"https://tools.ietf.org/html/rfc9110#section-15.5","title":"T","status":${status},"traceId":"00-1-2-00"}`;
const RECEIPT = '{"accepted":1,"duplicate":0,"rejected":[]}';

/** A page's queue. Each page has modules, and so a state, of its own. */
async function openPage(): Promise<Queue> {
  vi.resetModules();
  const { setUp } = (await import("../../sdk/setup")) as typeof SetupModule;
  setUp({ site: "shop", collector: "https://calls.test", gpc: true, entities: [], bridges: [] });
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
    const { status, headers, text, hangs } = answers.shift() ?? { status: 202 };
    if (hangs) return new Promise(() => {});
    if (!status) throw new TypeError("Failed to fetch");
    return new Response(text ?? (status < 300 ? RECEIPT : problem(status)), { status, ...(headers && { headers }) });
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
    expect(queue.report()).toMatchObject({ queued: 0, dropped: 0, failures: 0, answer: `202 ${RECEIPT}` });
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
    expect([taken._status, refused._status, refused._reason]).toEqual(["sent", "given_up", `403 ${problem(403)}`]);
    expect(queue.report()).toMatchObject({ queued: 0, dropped: 1 });
  });

  it.each([400, 401, 403, 404, 405, 451])(
    "keeps what somebody else than the collector has answered %i",
    async (status) => {
      const queue = await openPage();
      const texts = ["<h1>Not here</h1>", '{"message":"Forbidden"}', gateways(status), ""];
      answers = texts.map((text) => ({ status, text }));
      const item = queue.put(VISITOR, '{"seq":0}');
      await vi.advanceTimersByTimeAsync(60_000);
      expect([item._status, queue.report().dropped, sent.length]).toEqual(["sent", 0, 5]);
    },
  );

  it.each([400, 403, 404, 405, 422])("gives up what the collector has answered %i", async (status) => {
    const queue = await openPage();
    answers = [{ status }];
    const item = queue.put(VISITOR, '{"seq":0}');
    await vi.advanceTimersByTimeAsync(30_000);
    expect([item._status, queue.report().queued, sent.length]).toEqual(["given_up", 0, 1]);
  });

  it("gives up one that is too large for whoever stands before the collector", async () => {
    const queue = await openPage();
    answers = [{ status: 413, text: "<h1>413</h1>" }];
    const item = queue.put(VISITOR, '{"seq":0}');
    await vi.advanceTimersByTimeAsync(30_000);
    expect([item._status, sent.length]).toEqual(["given_up", 1]);
  });

  it.each([0, 408, 429, 500, 503])("keeps what was answered %i, and sends the same again later", async (status) => {
    const queue = await openPage();
    answers = [{ status }];
    putAll(queue, 1);
    await settle();
    expect(queue.report()).toMatchObject({ queued: 1, dropped: 0, failures: 1 });
    await vi.advanceTimersByTimeAsync(2100);
    expect(sent.map(({ body }) => seqs(body))).toEqual([[0], [0]]);
    expect(sent[1]?.keepalive).toBe(false);
  });

  it("waits as long as Retry-After says also where more was put while that was on its way", async () => {
    const queue = await openPage();
    let answer = (_: Response): void => undefined;
    vi.stubGlobal("fetch", (url: string, { body }: { body: string }) => {
      sent.push({ url, body: JSON.parse(body), keepalive: true });
      return new Promise<Response>((resolve) => (answer = resolve));
    });
    putAll(queue, 1);
    await settle();
    queue.put(VISITOR, '{"seq":1}');
    answer(new Response("{}", { status: 429, headers: { "retry-after": "30" } }));
    await vi.advanceTimersByTimeAsync(29_000);
    expect(sent).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(sent).toHaveLength(2);
  });

  it.each(["<h1>Sign in to this Wi-Fi</h1>", "{}", "null", '{"accepted":"yes"}', ""])(
    "takes a 200 with %j for no receipt, deletes nothing, and sends the same again",
    async (text) => {
      const queue = await openPage();
      answers = [{ status: 200, text }];
      const item = queue.put(VISITOR, '{"seq":0}');
      await settle();
      expect([item._status, queue.report().queued]).toEqual(["queued", 1]);
      await vi.advanceTimersByTimeAsync(2100);
      expect([item._status, queue.report().queued, sent.length]).toEqual(["sent", 0, 2]);
    },
  );

  it("says of each snapshot that the collector rejected it, and why", async () => {
    const queue = await openPage();
    const rejected = [{ index: 1, reason: "invalid", detail: "at: must be a time" }];
    answers = [{ status: 202, text: JSON.stringify({ accepted: 1, duplicate: 0, rejected }) }];
    const items = [0, 1].map((seq) => queue.put(VISITOR, `{"seq":${seq}}`));
    await queue.flush();
    expect(items.map((item) => item._status)).toEqual(["sent", "rejected"]);
    expect(items[1]?._reason).toBe("invalid: at: must be a time");
    expect(queue.report().queued).toBe(0);
  });

  it("waits for an answer that hangs for some seconds only, and then sends what has come meanwhile, too", async () => {
    const queue = await openPage();
    answers = [{ status: 0, hangs: true }];
    putAll(queue, 1);
    const settled = vi.fn();
    void queue.flush().then(settled);
    queue.put(VISITOR, '{"seq":1}');
    await vi.advanceTimersByTimeAsync(10_001);
    expect(settled).toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(2500);
    expect(seqs(sent.at(-1)?.body)).toEqual([0, 1]);
    expect(queue.report().queued).toBe(0);
  });

  it.each(["99999999999", "1e300", "-5", "Wed, 21 Oct 2035 07:28:00 GMT", "Infinity"])(
    "survives Retry-After: %s without a storm of requests",
    async (value) => {
      const queue = await openPage();
      answers = [{ status: 503, headers: { "Retry-After": value } }];
      putAll(queue, 1);
      await settle();
      await vi.advanceTimersByTimeAsync(500);
      expect(sent).toHaveLength(1);
      await vi.advanceTimersByTimeAsync(3_600_000);
      expect(sent).toHaveLength(2);
      expect(queue.report().queued).toBe(0);
    },
  );

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
    expect(queue.report()).toMatchObject({ queued: 0, dropped: 1 });
  });

  it("is bounded, drops its oldest and counts them", async () => {
    const queue = await openPage();
    putAll(queue, 300, 1000);
    const { queued, dropped } = queue.report();
    expect(queued + dropped).toBe(300);
    expect(dropped).toBeGreaterThan(150);
    expect(String(Object.values(localStorage)[0]).length).toBeLessThanOrEqual(100_000);
    expect(Object.values(localStorage)[0]).toContain('"seq":299,');
  });
});

describe("a page that is left", () => {
  it("sends at once what is not under way, by requests that outlive it, and keeps it until it hears an answer", async () => {
    const queue = await openPage();
    putAll(queue, 30, 1000);
    queue.leave();
    expect(sent.map(({ keepalive }) => keepalive)).toEqual([true, true]);
    expect(sent.flatMap(({ body }) => seqs(body))).toEqual(Array.from({ length: 30 }, (_, seq) => seq));
    queue.leave();
    expect(sent).toHaveLength(2);
    expect(localStorage).toHaveLength(1);
    await settle();
    expect([queue.report().queued, localStorage.length]).toEqual([0, 0]);
  });

  it("does not send again what is answered when it comes back", async () => {
    const queue = await openPage();
    putAll(queue, 1);
    queue.leave();
    queue.wake();
    await settle();
    await queue.flush();
    expect(sent).toHaveLength(1);
  });

  it("has flush() settle when what left with it is answered, were it shown again meanwhile", async () => {
    const queue = await openPage();
    let answer = (_: Response): void => undefined;
    vi.stubGlobal("fetch", () => new Promise<Response>((resolve) => (answer = resolve)));
    const item = queue.put(VISITOR, '{"seq":0}');
    queue.leave();
    queue.wake();
    const settled = vi.fn();
    void queue.flush().then(settled);
    await vi.advanceTimersByTimeAsync(5_000);
    expect([item._status, settled.mock.calls.length]).toEqual(["queued", 0]);
    answer(new Response(RECEIPT));
    await settle();
    expect([item._status, settled.mock.calls.length]).toEqual(["sent", 1]);
  });

  it("leaves its queue to the next, which sends what it heard no answer of", async () => {
    const left = await openPage();
    putAll(left, 2);
    answers = [{ status: 0, hangs: true }];
    left.leave();
    vi.clearAllTimers(); // the page is gone
    const next = await openPage();
    next.wake();
    next.put(VISITOR, '{"seq":9}');
    await settle();
    expect(sent.map(({ body }) => seqs(body).sort())).toEqual([
      [0, 1],
      [0, 1, 9],
    ]);
    expect(localStorage).toHaveLength(0);
  });

  it("beacons what no request took along, and goes on trying", async () => {
    const queue = await openPage();
    answers = [{ status: 0 }];
    putAll(queue, 2);
    queue.leave();
    await settle();
    expect(beacons.map(seqs)).toEqual([[0, 1]]);
    expect(queue.report().queued).toBe(2);
    await vi.advanceTimersByTimeAsync(2100);
    expect(queue.report().queued).toBe(0);
  });

  it("does without storage where the browser denies it", async () => {
    vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
      throw new Error("full");
    });
    const queue = await openPage();
    putAll(queue, 2);
    queue.leave();
    queue.wake();
    expect(queue.report().queued).toBe(2);
    vi.restoreAllMocks();
  });
});
