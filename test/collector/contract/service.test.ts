import { describe, expect, test } from "vitest";
import { runToEnd } from "./process";
import { sharedCollector } from "./shared";

const collector = sharedCollector();

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
    for (const path of ["/", "/v1", "/v1/nothing", "/t/", "/%2e%2e/etc/passwd", "/v1/sites/%E0%A4%A"]) {
      const answer = await collector.request("GET", path, { token: collector.adminToken });
      expect(Math.floor(answer.status / 100)).toBe(4);
      expect(answer.headers.get("content-type")).toContain("application/problem+json");
      expect(answer.text).not.toMatch(/node_modules|\.ts:|\.mjs:/);
    }
  });

  test("a query parameter that a route does not know is 400, on every route for operators, and named", async () => {
    const token = collector.adminToken;
    await collector.request("PUT", "/v1/sites/asked", { token, json: { name: "Asked" } });
    const { paths } = (await collector.request("GET", "/openapi.json")).json<{ paths: Record<string, object> }>();
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods as Record<string, { security?: object[] }>).map(([method, { security }]) => ({
        path: path.replace("{site}", "asked").replace(/\{\w+\}/g, "x"),
        method: method.toUpperCase(),
        isAdmins: JSON.stringify(security ?? "").includes("admin"),
      })),
    );
    // Whatever a vendor would send may be tried.
    const operators = described.filter(({ isAdmins, path }) => isAdmins && !path.endsWith("/try"));
    expect(operators.length).toBeGreaterThan(15);
    for (const { method, path } of operators) {
      const answer = await collector.request(method, `${path}?vendro=infinity`, { token });
      expect([method, path, answer.status]).toEqual([method, path, 400]);
      expect(answer.json<{ errors: unknown }>().errors).toMatchObject([{ path: "vendro" }]);
    }
    const calls = await collector.request("GET", "/v1/sites/asked/calls?vendro=infinity", { token });
    expect(calls.text).toContain("use status, vendor,");
    expect((await collector.request("GET", "/v1/sites/asked/calls?vendor=infinity", { token })).status).toBe(200);
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
  ])("%s=%s", async (name, value) => {
    const { code, output } = await runToEnd(["serve"], { ...collector.env, PORT: "0", [name]: value });
    expect(code).not.toBe(0);
    expect(output).toContain(name);
  });
});
