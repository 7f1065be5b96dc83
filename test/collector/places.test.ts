/** Where /metrics and /console are served, and to whom. */
import { afterEach, describe, expect, it, test } from "vitest";
import { servedAt, sidePorts } from "../../collector/http/doors";
import { client } from "./contract/http";
import { type Collector, freePort, runToEnd, startCollector } from "./contract/process";
import { sharedCollector } from "./contract/shared";
import { exchange } from "./hostile/raw";

let collector: Collector | undefined;
afterEach(async () => {
  await collector?.stop();
  collector = undefined;
});

describe("/metrics", () => {
  it("is on a port of its own, with nothing else, and no longer at PORT", async () => {
    const port = await freePort();
    collector = await startCollector({ HOST: "127.0.0.1", CALLJOIN_METRICS: String(port) });
    const aside = client(`http://127.0.0.1:${port}`);
    expect((await aside("GET", "/metrics")).text).toContain("calljoin_request_seconds");
    expect((await collector.request("GET", "/metrics")).status).toBe(404);
    for (const [method, path] of [
      ["GET", "/livez"],
      ["POST", "/v1/snapshots"],
      ["GET", "/openapi.json"],
    ] as const) {
      const answer = await aside(method, path);
      expect([path, answer.status, answer.headers.get("content-type")]).toEqual([
        path,
        404,
        expect.stringContaining("problem+json"),
      ]);
    }
    expect((await collector.request("GET", "/livez")).status).toBe(200);
  });

  it("asks for its token, where there is one", async () => {
    const CALLJOIN_METRICS_TOKEN = "a-token-of-prometheus";
    collector = await startCollector({ CALLJOIN_METRICS_TOKEN });
    const status = async (token?: string) =>
      (await collector?.request("GET", "/metrics", token ? { token } : {}))?.status;
    expect([await status(), await status("another-token-as-long"), await status(collector.adminToken)]).toEqual([
      401, 401, 401,
    ]);
    expect(await status(CALLJOIN_METRICS_TOKEN)).toBe(200);
  });

  it("is off", async () => {
    collector = await startCollector({ CALLJOIN_METRICS: "off" });
    expect((await collector.request("GET", "/metrics")).status).toBe(404);
  });

  it("on a port that is taken stops the start, and names its variable", async () => {
    const { origin, env: given } = sharedCollector();
    const { port } = new URL(origin);
    const env = {
      ...given,
      CALLJOIN_DATA: `${given.CALLJOIN_DATA}/x`,
      CALLJOIN_ADMIN_TOKEN: "x".repeat(16),
      PORT: "0",
    };
    expect(await runToEnd(["serve"], { ...env, CALLJOIN_METRICS: port })).toMatchObject({
      code: 1,
      output: expect.stringContaining(
        `calljoin: CALLJOIN_METRICS: another program is already listening on port ${port}`,
      ),
    });
    expect((await runToEnd(["serve"], { ...env, PORT: port, CALLJOIN_METRICS: port })).output).toContain(
      "PORT: must not be the port of",
    );
  });
});

/** As it can be asked for: Express finds a route in any case, by a path that it parses. */
const spellings = (path: string) => [
  path,
  path.toUpperCase(),
  `${path}/`,
  `${path}?x`,
  `${path}#x`,
  `http://x${path}`,
  `HTTP://x:1/cj${path}/`,
  `/cj${path.toUpperCase()}/`,
];

describe("what is off, or at another port, is found by no other spelling", () => {
  it.each(["off", "a port of their own"])("%s", async (where) => {
    const place = where === "off" ? "off" : String(await freePort());
    const CALLJOIN_PUBLIC_URL = "https://shop.example/cj";
    collector = await startCollector({ CALLJOIN_PUBLIC_URL, CALLJOIN_METRICS: place, CALLJOIN_CONSOLE: place });
    for (const target of [...spellings("/metrics"), ...spellings("/console"), "/console/x", "/CONSOLE/index.html"]) {
      const answer = await exchange(collector.origin, `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      expect([target, answer.slice(0, 12)]).toEqual([target, "HTTP/1.1 404"]);
    }
    expect(
      await exchange(collector.origin, "GET http://x/cj/livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
    ).toContain(" 200 OK");
  });
});

test.each([
  [{ metrics: "on", console: "on" }, [], "/metrics /console/ /v1/sites", ""],
  [{ metrics: "off", console: "off" }, [], "/v1/sites /metricsx", ""],
  [{ metrics: 9, console: "on" }, [9], "/console/ /v1/sites /metricsx", "/metrics /METRICS/"],
  [
    { metrics: "on", console: 9 },
    [9],
    "/metrics /METRICS/ /v1/sites /metricsx",
    "/console /console/ /metrics /METRICS/ /v1/sites /metricsx",
  ],
  [{ metrics: "off", console: 9 }, [9], "/v1/sites /metricsx", "/console /console/ /v1/sites /metricsx"],
  [{ metrics: 9, console: 9 }, [9], "/v1/sites /metricsx", "/console /console/ /metrics /METRICS/ /v1/sites /metricsx"],
  [{ metrics: 9, console: 10 }, [9, 10], "/v1/sites /metricsx", "/metrics /METRICS/"],
] as const)("%o: served at PORT and at the other port", (places, ports, own, other) => {
  const isServed = servedAt(places);
  const at = (localPort: number) => (path: string) => isServed({ socket: { localPort } } as never, path);
  expect(sidePorts(places)).toEqual(ports);
  for (const url of own.split(" ")) expect([url, at(8787)(url)]).toEqual([url, true]);
  const all = ["/console", "/console/", "/metrics", "/METRICS/", "/v1/sites", "/metricsx"];
  if (ports.length > 0) expect(all.filter(at(9))).toEqual(other.split(" "));
  if (places.metrics !== "on") expect(at(8787)("/metrics")).toBe(false);
  if (places.console !== "on") expect(at(8787)("/console/x")).toBe(false);
});
