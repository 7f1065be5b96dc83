import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { perSite } from "../../../collector/http/limits";
import { type Collector, startCollector } from "../contract/process";
import { event, newContext, openShop, type Shop, THEN, view } from "../contract/shop";
import { exchange } from "./raw";

let collector: Collector;
let shop: Shop;
beforeAll(async () => {
  collector = await startCollector({ LOG_LEVEL: "debug" });
  shop = await openShop(collector.request, collector.adminToken);
});
afterAll(() => collector.stop());

const post = (body: string | Uint8Array, headers: Record<string, string> = {}) =>
  collector.request("POST", "/v1/snapshots", { body, headers });

describe("bounded in bytes, depth and time", () => {
  test("a gzip bomb is 413 after as many bytes as a plain body may have", async () => {
    const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024));
    expect((await post(bomb, { "content-encoding": "gzip" })).status).toBe(413);
  });

  test("a body above the bound is 413, in whatever pieces it comes", async () => {
    expect((await post("x".repeat(64 * 1024 + 1))).status).toBe(413);
    const chunk = `${(8_192).toString(16)}\r\n${"x".repeat(8_192)}\r\n`;
    const head = "POST /v1/snapshots HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
    expect(await exchange(collector.origin, `${head}${chunk.repeat(20)}0\r\n\r\n`)).toMatch(/^HTTP\/1.1 413/);
  });

  test("10,000 keys are read, or refused, in no time", { retry: 2 }, async () => {
    const keys = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`k${n}`, n]));
    const told = { ...event({ id: newContext(), ts: THEN, transaction: "t-1" }), ...keys };
    const began = Date.now();
    expect(await shop.report("infinity", told)).toMatchObject({ accepted: 1 });
    const few = Object.fromEntries(Object.entries(keys).slice(0, 1_000));
    const receipt = await shop.post(newContext(), [view("view-1", THEN, { entities: few })]);
    expect(receipt.rejected).toMatchObject([{ index: 0, reason: "invalid" }]);
    expect(Date.now() - began).toBeLessThan(3_000);
  });

  test("deep nesting is 400", async () => {
    for (const [open, close] of [
      ["[", "]"],
      ['{"a":', "}"],
    ] as const) {
      expect((await post(`${open.repeat(10_000)}1${close.repeat(10_000)}`)).status).toBe(400);
    }
  });

  test("a flood of headers ends its own connection and nothing else", async () => {
    const flood = Array.from({ length: 10_000 }, (_, n) => `X-Flood-${n}: ${n}`).join("\r\n");
    const answer = await exchange(collector.origin, `GET /livez HTTP/1.1\r\nHost: a\r\n${flood}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 431/);
    expect(answer).toMatch(/^access-control-allow-origin: \*\r$/im);
    expect(answer.split("\r\n\r\n")[1]).toContain('"detail":"the request\'s headers are too large"');
    expect((await collector.request("GET", "/livez")).status).toBe(200);
  });

  test.each([
    ["no HTTP at all", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"],
    [
      "two lengths",
      "POST /v1/snapshots HTTP/1.1\r\nHost: a\r\nOrigin: https://shop.example\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    ],
    [
      "a length and chunks",
      "POST /v1/snapshots HTTP/1.1\r\nHost: a\r\nOrigin: https://shop.example\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    ["a bare line feed in a header", "GET /livez HTTP/1.1\r\nHost: a\r\nX: a\nb\r\n\r\n"],
    ["no host", "GET /livez HTTP/1.1\r\n\r\n"],
  ])("%s is 400", async (_name, bytes) => {
    const answer = await exchange(collector.origin, bytes);
    expect(answer).toMatch(/^HTTP\/1.1 400/);
    if (bytes.startsWith("POST")) expect(answer).toMatch(/^access-control-allow-origin: https:\/\/shop\.example\r$/im);
  });

  test("32 KB of headers are taken, as pages with many cookies send them", async () => {
    const cookie = Array.from({ length: 8 }, (_, n) => `c${n}=${"x".repeat(4_090)}`).join("; ");
    const { status } = await post("{}", { cookie });
    expect(status).toBe(400);
    const script = await collector.request("GET", `/t/${shop.id}.js`, { headers: { cookie } });
    expect(script.status).toBe(200);
  });

  test("who has said all and closes its side is answered, and a body that is not whole is refused", async () => {
    const token = await shop.token("infinity");
    const body = JSON.stringify([event({ id: newContext(), ts: THEN, transaction: "closed-1" })]);
    const head = (length: number) =>
      `POST /v1/calls/${shop.id}?token=${token} HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`;
    expect(await exchange(collector.origin, head(body.length) + body, 5_000, true)).toContain('{"accepted":1,');
    expect(await exchange(collector.origin, head(body.length + 1) + body, 5_000, true)).toMatch(/^HTTP.1.1 400 /);
  });

  test("who sends a header byte by byte is cut off, and holds up nobody meanwhile", { tags: ["long"] }, async () => {
    const began = Date.now();
    const ends = Array.from({ length: 30 }, () => {
      const socket = connect(Number(new URL(collector.origin).port), "127.0.0.1");
      socket.write("POST /v1/snapshots HTTP/1.1\r\nHost: a\r\nX-Slow: ");
      const drip = setInterval(() => socket.write("a"), 500);
      socket.on("error", () => {});
      socket.resume();
      return new Promise<void>((resolve) => {
        socket.on("close", () => {
          clearInterval(drip);
          resolve();
        });
      });
    });
    const asked = Date.now();
    expect((await shop.post(newContext(), [view("view-1", THEN)])).accepted).toBe(1);
    expect(Date.now() - asked).toBeLessThan(2_000);
    await Promise.all(ends);
    expect(Date.now() - began).toBeLessThan(20_000);
  });
});

describe("rate limits", () => {
  const limited = async (env: Record<string, string>, run: (one: Collector) => Promise<void>) => {
    const one = await startCollector(env);
    await run(one).finally(() => one.stop());
  };
  const status = async (one: Collector, from?: string) => {
    const headers: Record<string, string> = from === undefined ? {} : { "x-forwarded-for": from };
    return (await one.request("GET", "/t/nobody.js", { headers })).status;
  };

  test("are on unless they are switched off, and say when to come again", async () => {
    await limited({ CALLJOIN_RATE_LIMIT: "" }, async (one) => {
      expect((await one.request("GET", "/t/nobody.js")).headers.get("ratelimit-policy")).toContain("600;w=60");
    });
    await limited({ CALLJOIN_RATE_LIMIT: "3" }, async (one) => {
      const statuses = [
        await status(one),
        await status(one),
        await status(one, "10.1.1.1"),
        await status(one, "10.1.1.2"),
      ];
      // Whoever is not told to trust a proxy does not believe what it says.
      expect(statuses).toEqual([404, 404, 404, 429]);
      const answer = await one.request("POST", "/v1/snapshots", {
        body: "{}",
        headers: { origin: "https://a.example" },
      });
      expect([answer.status, Number(answer.headers.get("retry-after")) > 0]).toEqual([429, true]);
      expect(answer.headers.get("access-control-allow-origin")).toBe("https://a.example");
    });
  });

  test("behind a proxy that is trusted count the visitor's address, and not what the visitor says of it", async () => {
    await limited({ CALLJOIN_RATE_LIMIT: "2", CALLJOIN_TRUST_PROXY: "1" }, async (one) => {
      const statuses = [];
      for (const from of ["10.1.1.1", "10.1.1.1", "10.1.1.2", "10.9.9.9, 10.1.1.1"])
        statuses.push(await status(one, from));
      expect(statuses).toEqual([404, 404, 404, 429]);
    });
  });

  test("let a vendor post without end, and nobody guess its token", async () => {
    await limited({ CALLJOIN_RATE_LIMIT: "3" }, async (one) => {
      const own = await openShop(one.request, one.adminToken);
      for (let n = 0; n < 6; n += 1) await own.report("infinity", event({ ts: THEN, transaction: `t-${n}` }));
      const guess = () => one.request("POST", `/v1/calls/${own.id}`, { token: "cjv_guess", json: { events: [] } });
      const statuses = [];
      for (let n = 0; n < 4; n += 1) statuses.push((await guess()).status);
      expect(statuses).toEqual([401, 401, 401, 429]);
    });
  });

  test("by site are a hundred times those by address, and begin anew each minute", () => {
    let now = 60_000 * 1_000;
    const admit = perSite(1, () => now);
    for (let n = 0; n < 100; n += 1) admit("shop");
    expect(() => admit("shop")).toThrow(
      expect.objectContaining({ status: 429, extra: { headers: { "Retry-After": "60" } } }),
    );
    expect(() => admit("other")).not.toThrow();
    now += 60_000;
    expect(() => admit("shop")).not.toThrow();
  });
});

describe("what answers and logs say", () => {
  test.each(["/livez", "/openapi.json", "/inspector.js", "/no/such", "/v1/sites/x", "/metrics"])(
    "%s carries the security headers",
    async (path) => {
      const { headers } = await collector.request("GET", path);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("content-security-policy")).toContain("default-src 'self'");
      // That is the operator's to say, and for no other host of the domain.
      expect(headers.get("strict-transport-security")).toBeNull();
      expect(headers.get("x-frame-options")).toBe("SAMEORIGIN");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.get("x-powered-by")).toBeNull();
    },
  );

  test("no secret is in a log, an error or a metric", async () => {
    const webhooks = [{ name: "crm", url: "http://127.0.0.1:9/hook?key=very-secret-query" }];
    await shop.save({
      name: "Shoes",
      vendors: [{ name: "infinity" }, { name: "twilio", adapter: "twilio", secret: "very-secret-signing" }],
      webhooks,
    });
    const token = await shop.token("infinity");
    const { secret } = (await shop.admin("POST", "/webhooks/crm/secret")).json<{ secret: string }>();
    const id = newContext();
    await shop.post(id, [view("view-1", THEN, { entities: { crm: "very-secret-value" } })]);
    const answers = [
      await collector.request("POST", `/v1/calls/${shop.id}?token=${token}`, {
        json: { events: [event({ id, ts: THEN, transaction: "t-9" })] },
      }),
      await collector.request("POST", `/v1/calls/${shop.id}?token=${token}`, { body: `{"broken": "very-secret-value` }),
      await collector.request("POST", `/v1/calls/${shop.id}?token=${token}x`, { json: {} }),
      await collector.request("POST", `/v1/calls/${shop.id}/twilio`, { body: "CallSid=CA1" }),
      await collector.request("GET", `/v1/sites/${shop.id}/calls?token=${collector.adminToken}`),
      await collector.request("GET", `/no/such?token=${token}`),
      await shop.admin("GET", ""),
      await collector.request("GET", "/metrics"),
    ];
    const said = answers.map(({ text }) => text).join("\n");
    for (const hidden of [token, secret, collector.adminToken, "very-secret-signing"]) {
      expect(said).not.toContain(hidden);
      expect(collector.output()).not.toContain(hidden);
    }
    expect(collector.output()).toContain("call joined");
    expect(collector.output()).not.toContain("very-secret-value");
    expect(collector.output()).not.toContain("very-secret-query");
  });
});
