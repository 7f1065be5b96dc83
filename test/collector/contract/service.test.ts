import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Collector, runToEnd, startCollector } from "./process";

let collector: Collector;
beforeAll(async () => {
  collector = await startCollector();
}, 30_000);
afterAll(() => collector.stop());

describe("the collector as a service", () => {
  test.each(["/livez", "/readyz"])("%s is 200", async (path) => {
    expect((await collector.request("GET", path)).status).toBe(200);
  });

  test("/openapi.json describes every route that clients use", async () => {
    const answer = await collector.request("GET", "/openapi.json");
    expect(answer.status).toBe(200);
    const { openapi, paths } = answer.json<{ openapi: string; paths: Record<string, object> }>();
    expect(openapi).toMatch(/^3\./);
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{\w+\}/g, "*")}`),
    );
    expect(described).toEqual(
      expect.arrayContaining([
        "POST /v1/snapshots",
        "POST /v1/calls/*",
        "PUT /v1/sites/*",
        "GET /v1/sites/*",
        "GET /v1/sites/*/calls",
        "GET /v1/sites/*/calls/*",
        "GET /v1/sites/*/contexts/*",
        "GET /v1/sites/*/match-rate",
      ]),
    );
  });

  test("a route that nobody knows is a problem, not a page", async () => {
    for (const path of ["/", "/v1", "/v1/nothing", "/v1/sites", "/t/", "/%2e%2e/etc/passwd", "/v1/sites/%E0%A4%A"]) {
      const answer = await collector.request("GET", path, { token: collector.adminToken });
      expect(Math.floor(answer.status / 100)).toBe(4);
      expect(answer.headers.get("content-type")).toContain("application/problem+json");
      expect(answer.text).not.toMatch(/node_modules|\.ts:|\.mjs:/);
    }
  });

  test("an answer does not tell what it runs on", async () => {
    expect((await collector.request("GET", "/livez")).headers.get("x-powered-by")).toBeNull();
  });
});

describe("bad configuration stops the start and says which variable", () => {
  test.each([
    ["PORT", "eighty"],
    ["PORT", "70000"],
    ["CALLJOIN_RATE_LIMIT", "lots"],
    ["DATABASE_URL", "mysql://localhost/calls"],
  ])(
    "%s=%s",
    async (name, value) => {
      const { code, output } = await runToEnd(["serve"], {
        CALLJOIN_DATA: collector.data,
        CALLJOIN_ADMIN_TOKEN: "x".repeat(32),
        PORT: "0",
        [name]: value,
      });
      expect(code).not.toBe(0);
      expect(output).toContain(name);
    },
    15_000,
  );
});
