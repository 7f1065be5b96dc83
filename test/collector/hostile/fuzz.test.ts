/** @module-tag long */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Collector, startCollector } from "../contract/process";
import { event, newContext, openShop, THEN, view } from "../contract/shop";
import { keptConnection } from "./raw";

/** `CALLJOIN_FUZZ=1000000 npx vitest run test/collector/hostile` sends so many requests, however long that takes. */
const REQUESTS = Number(process.env.CALLJOIN_FUZZ ?? 1_000_000);
const LIMIT_MS = process.env.CALLJOIN_FUZZ === undefined ? 15_000 : 3_600_000;
const CONNECTIONS = 16;
/** Its heap may swing, but not follow the number of requests. */
const GROWTH_MB = 150;

let collector: Collector;
let paths: string[];
let bodies: string[];
beforeAll(async () => {
  collector = await startCollector({ LOG_LEVEL: "error" });
  const native = ["callrail", "twilio", "infinity", "invoca", "aircall"];
  const vendors = [{ name: "qp" }, ...native.map((name) => ({ name, adapter: name }))];
  const shop = await openShop(collector.request, collector.adminToken, {
    vendors,
    entities: [{ name: "visitor", type: "simple", scope: "session", value: "v", identifies: "qp" }],
  });
  const id = newContext();
  const tokens = await Promise.all(vendors.map(({ name }) => shop.token(name)));
  paths = [
    "/v1/snapshots",
    "/v1/snapshots?cookie_domain=shop.example",
    ...["/v1/calls/", "/events/", "/events/raw/"].map((path) => `${path}${shop.id}?token=${tokens[0]}`),
    ...vendors.map(({ name }, n) => `/v1/calls/${shop.id}/${name}?token=${tokens[n]}`),
    `/t/${shop.id}.js`,
    "/inspector.js",
    "/livez",
    "/metrics",
    "/openapi.json",
  ];
  const snapshot = { ...view("view-1", THEN), entities: { visitor: "gbr0", a: { b: [1, null, "é😀"] } } };
  bodies = [
    JSON.stringify({
      v: 1,
      site: shop.id,
      context_id: id,
      sent_at: THEN,
      snapshots: [snapshot, { ...snapshot, seq: 1 }],
    }),
    JSON.stringify({
      events: [
        event({
          id,
          ts: THEN,
          url: "https://shop.example/",
          total: { value: 9.99, currency: "GBP" },
          transaction: "t-1",
        }),
      ],
    }),
    JSON.stringify({
      resource_id: "CAL1",
      start_time: "2026-11-01T10:00:00Z",
      custom: id,
      timestamp: "2026-11-01T10:00:00Z",
    }),
    `CallSid=CA1&Timestamp=Sun%2C+01+Nov+2026+10%3A00%3A00+%2B0000&CallDuration=12&context_id=${id}`,
  ];
});
afterAll(() => collector.stop());

/** A change to bytes: what it does, where (a share of the length), and with what. */
const mutation = fc.record({
  kind: fc.constantFrom("flip", "insert", "remove", "repeat", "cut"),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  bytes: fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 8 }),
    fc
      .constantFrom(
        "__proto__",
        "1e999",
        "-0",
        "9007199254740993",
        '"\\u0000"',
        "\\ud800",
        "[[[[",
        "{}",
        "null",
        "%00",
        "\r\n",
        "＂",
        "'--",
      )
      .map((text) => new Uint8Array(Buffer.from(text))),
  ),
});

const body = fc.oneof(
  fc.record({ seed: fc.nat(3), changes: fc.array(mutation, { maxLength: 6 }) }).map(({ seed, changes }) => {
    return changes.reduce(mutated, Buffer.from(bodies[seed] ?? ""));
  }),
  fc.json({ maxDepth: 6 }).map((text) => Buffer.from(text)),
  // The right shape with anything in it.
  fc
    .record({ v: fc.constant(1), snapshots: fc.array(fc.jsonValue(), { maxLength: 5 }), at: fc.jsonValue() })
    .map(({ snapshots, at }) =>
      Buffer.from(
        (bodies[0] ?? "").replace(/"snapshots":.*$/, `"snapshots":${JSON.stringify([...snapshots, { at }])}}`),
      ),
    ),
  fc.array(fc.jsonValue(), { maxLength: 5 }).map((events) => Buffer.from(JSON.stringify({ events }))),
);

const request = fc
  .record({
    method: fc.constantFrom("POST", "POST", "POST", "POST", "GET", "OPTIONS", "PUT", "HEAD", "DELETE"),
    path: fc.nat(100).map((n) => paths[n % paths.length] ?? "/"),
    change: fc.oneof({ weight: 8, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: mutation }),
    type: fc.constantFrom(
      "text/plain",
      "application/json",
      "application/x-www-form-urlencoded",
      "multipart/form-data",
      "\x80",
    ),
    encoding: fc.constantFrom("", "", "", "", "gzip", "br", "deflate", "identity", "zstd"),
  })
  .map(({ method, path, change, type, encoding }) => {
    // Spaces and line ends would make another request of it: those are in the test of broken HTTP.
    const target = change
      ? mutated(Buffer.from(path), change)
          .toString("latin1")
          .replace(/[^!-~\x80-\xff]/g, "")
      : path;
    const head = (length: number) => [
      `${method === "HEAD" ? "GET" : method} /${target.replace(/^\/+/, "")} HTTP/1.1`,
      "Host: 127.0.0.1",
      "Origin: https://shop.example",
      `Content-Type: ${type}`,
      ...(encoding ? [`Content-Encoding: ${encoding}`] : []),
      `Content-Length: ${length}`,
    ];
    return (sent: Buffer) => Buffer.concat([Buffer.from(`${head(sent.length).join("\r\n")}\r\n\r\n`, "latin1"), sent]);
  });

const requests = fc.tuple(request, body);

/** Changes of a body beside the one that fast-check made: making a request costs more than to answer it. */
const VARIANTS = 8;

function* variants(bytes: Buffer, random: () => number): Generator<Buffer> {
  yield bytes;
  for (let n = 1; n < VARIANTS; n += 1) {
    const kind = ["flip", "insert", "remove"][Math.floor(random() * 3)] ?? "flip";
    yield mutated(bytes, { kind, at: random(), bytes: Uint8Array.from([random() * 256, random() * 256]) });
  }
}

/** Park and Miller's generator, so that a seed names the whole run. */
function randomFrom(seed: number): () => number {
  let state = (seed % 2_147_483_646) + 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

function mutated(
  bytes: Buffer,
  { kind, at, bytes: more }: { kind: string; at: number; bytes: Uint8Array },
): Buffer<ArrayBuffer> {
  const place = Math.floor(at * bytes.length);
  const [before, after] = [bytes.subarray(0, place), bytes.subarray(place)];
  if (kind === "cut") return Buffer.from(before);
  if (kind === "remove") return Buffer.concat([before, after.subarray(more.length)]);
  if (kind === "repeat") return Buffer.concat([before, after, after]);
  return Buffer.concat([before, more, kind === "flip" ? after.subarray(more.length) : after]);
}

/** Resident memory of the collector in MB; 0 where the system does not tell. */
async function memory(): Promise<number> {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${collector.pid()}/status`, "utf8"))?.[1]) / 1_024;
  } catch {
    return 0;
  }
}

test(
  "whatever bytes come to a public route, there is an answer and it is no 5xx, the collector lives and does not grow",
  async () => {
    const seed = Date.now() % 1_000_000;
    const end = Date.now() + LIMIT_MS;
    const statuses = new Map<number, number>();
    const bad: string[] = [];
    let sent = 0;
    let half = 0;
    const work = async (n: number) => {
      const connection = keptConnection(collector.origin);
      for (let round = 0; sent < REQUESTS && Date.now() < end; round += 1) {
        const own = seed + n + round * CONNECTIONS;
        const random = randomFrom(own);
        for (const [wrap, made] of fc.sample(requests, { numRuns: 100, seed: own })) {
          for (const bytes of variants(made, random)) {
            const whole = wrap(bytes);
            const status = await connection.send(whole);
            statuses.set(status, (statuses.get(status) ?? 0) + 1);
            if (status === 0 || status >= 500) bad.push(`${status} for ${JSON.stringify(whole.toString("latin1"))}`);
            sent += 1;
          }
        }
        if (half === 0 && (sent > REQUESTS / 2 || Date.now() > end - LIMIT_MS / 2)) half = await memory();
      }
      connection.close();
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, (_, n) => work(n)));
    console.info(
      `seed ${seed}: ${sent} requests, answered ${JSON.stringify(Object.fromEntries(statuses))}; ${half.toFixed(0)} MB at half, ${(await memory()).toFixed(0)} MB at the end`,
    );
    expect(bad.slice(0, 3)).toEqual([]);
    expect(sent).toBeGreaterThan(1_000);
    // Some of it must get through, else nothing but the parser was tried.
    expect(statuses.get(202)).toBeGreaterThan(50);
    expect((await memory()) - half).toBeLessThan(GROWTH_MB);
    expect((await collector.request("GET", "/readyz")).status).toBe(200);
  },
  LIMIT_MS + 60_000,
);
