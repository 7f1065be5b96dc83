import { describe, expect, test } from "vitest";
import type { Problem } from "./http";
import { sharedCollector } from "./shared";
import { BASE, openShop } from "./shop";

const collector = sharedCollector();

const shop = (document: object = {}) => openShop(collector.request, collector.adminToken, document);

/** The document that contract 7 prints. */
const PRINTED = {
  name: "Shop UK",
  origins: ["https://shop.example"],
  entities: [
    { name: "r7k12_si", type: "simple", scope: "session", value: "r7k12_si" },
    {
      name: "ga_client_id",
      type: "expression",
      scope: "session",
      value: "document.cookie.match(/_ga=GA\\d\\.\\d\\.([\\d.]+)/)?.[1]",
    },
    {
      name: "rtap_visitor",
      type: "expression",
      scope: "session",
      value: "window.rTap?.visitorId",
      identifies: "responsetap",
    },
  ],
  vendors: [
    { name: "infinity", adapter: "qprotocol" },
    { name: "responsetap", adapter: "qprotocol", offline_prefixes: ["gbr0", "clarity"] },
  ],
  webhooks: [
    {
      name: "crm",
      url: "https://crm.example/hook",
      on: ["call.matched", "call.updated"],
      format: "json",
      parameters: [
        { name: "visit", value: "entities.r7k12_si" },
        { name: "order", value: "transaction.id" },
      ],
    },
  ],
  goals: [{ name: "phone_order", types: ["ecBasketTransactionSummary"], min_total: 0.01 }],
  consent: "not_required",
  window_days: 30,
  retention_days: 395,
};

describe("saving a site document", () => {
  test("the contract's own example is saved with 201, then 200, and read back as it was written", async () => {
    const path = "/v1/sites/shop-uk";
    const put = () => collector.request("PUT", path, { token: collector.adminToken, json: PRINTED });
    expect((await put()).status).toBe(201);
    expect((await put()).status).toBe(200);
    const read = await collector.request("GET", path, { token: collector.adminToken });
    expect(read.status).toBe(200);
    expect(read.json()).toMatchObject(PRINTED);
  });

  test("only the name is required", async () => {
    const answer = await collector.request("PUT", "/v1/sites/only-name", {
      token: collector.adminToken,
      json: { name: "Only a name" },
    });
    expect(answer.status).toBe(201);
  });

  test("every save is a new version, and earlier ones stay readable", async () => {
    const site = await shop({ name: "First" });
    await site.save({ ...BASE, name: "Second" });
    await site.save({ ...BASE, name: "Third" });
    const names = await Promise.all(
      ["?version=1", "?version=2", "?version=3", ""].map((query) => site.admin("GET", query)),
    );
    expect(names.map((answer) => answer.json<{ name: string }>().name)).toEqual(["First", "Second", "Third", "Third"]);
    expect((await site.admin("GET", "?version=4")).status).toBe(404);
  });

  test("a refused document leaves the one before it in place, and makes no version", async () => {
    const site = await shop({ name: "Before" });
    await site.save({ ...BASE, name: "Refused", window_days: "thirty" });
    expect((await site.admin("GET", "")).json<{ name: string }>().name).toBe("Before");
    expect((await site.admin("GET", "?version=2")).status).toBe(404);
  });

  test("a site that was never saved is 404", async () => {
    const answer = await collector.request("GET", "/v1/sites/never-saved", { token: collector.adminToken });
    expect(answer.status).toBe(404);
    expect(answer.headers.get("content-type")).toContain("application/problem+json");
  });
});

describe("who may save and read a site", () => {
  test.each(["PUT", "GET"])("%s without a token, or with a wrong one, is 401", async (method) => {
    const site = await shop();
    for (const token of [undefined, "", "wrong", `${collector.adminToken}x`]) {
      const answer = await collector.request(method, `/v1/sites/${site.id}`, {
        ...(token === undefined ? {} : { token }),
        ...(method === "PUT" ? { json: BASE } : {}),
      });
      expect(answer.status).toBe(401);
      expect(answer.headers.get("content-type")).toContain("application/problem+json");
    }
  });

  test("a vendor's token opens no administrator's route", async () => {
    const site = await shop();
    const token = await site.token("infinity");
    for (const path of ["", "/calls", "/match-rate", "/rejected"]) {
      expect([401, 403]).toContain((await collector.request("GET", `/v1/sites/${site.id}${path}`, { token })).status);
    }
  });
});

const entity = (more: object) => ({
  entities: [{ name: "e", type: "expression", scope: "session", value: "1", ...more }],
});
const vendor = (more: object) => ({ vendors: [{ name: "v", adapter: "qprotocol", ...more }] });
const goal = (more: object) => ({ goals: [{ name: "g", ...more }] });

/** A document's fault, and the member that the answer must name. */
const FAULTS: [string, object, string][] = [
  ["no name", { name: undefined }, "name"],
  ["a name that is a number", { name: 7 }, "name"],
  ["an unknown member", { surprise: 1 }, "surprise"],
  ["entities that are no list", { entities: {} }, "entities"],
  ["an entity with an unknown member", entity({ surprise: 1 }), "surprise"],
  ["an entity of an unknown type", entity({ type: "magic" }), "type"],
  ["an entity of an unknown scope", entity({ scope: "visitor" }), "scope"],
  ["an entity without a value", entity({ value: undefined }), "value"],
  ["an entity whose value is a number", entity({ value: 42 }), "value"],
  ["an entity's name that starts with a digit", entity({ name: "1a" }), "name"],
  ["an entity's name with a dash", entity({ name: "a-b" }), "name"],
  ["an entity's name of 65 characters", entity({ name: "a".repeat(65) }), "name"],
  ["two entities of one name", { entities: [...entity({}).entities, ...entity({}).entities] }, "name"],
  ["vendors that are no list", { vendors: "infinity" }, "vendors"],
  ["an unknown adapter", vendor({ adapter: "telepathy" }), "adapter"],
  ["two vendors of one name", { vendors: [...vendor({}).vendors, ...vendor({}).vendors] }, "name"],
  ["offline prefixes that are no list", vendor({ offline_prefixes: "gbr0" }), "offline_prefixes"],
  ["a vendor rule that is no expression", vendor({ unusable: [{ field: "source", matches: "(" }] }), "matches"],
  ["a vendor rule that RE2 does not know", vendor({ unusable: [{ field: "source", matches: "(a)\\1" }] }), "matches"],
  ["a vendor rule of 201 characters", vendor({ unusable: [{ field: "source", matches: "a".repeat(201) }] }), "matches"],
  ["an origin without a scheme", { origins: ["shop.example"] }, "origins"],
  ["an origin with a path", { origins: ["https://shop.example/path"] }, "origins"],
  ["a goal of an unknown type", goal({ types: ["phoneCall"] }), "types"],
  ["a goal with a total in words", goal({ min_total: "much" }), "min_total"],
  ["an unknown kind of consent", { consent: "maybe" }, "consent"],
  ["a window in words", { window_days: "30" }, "window_days"],
  ["a window of less than nothing", { window_days: -1 }, "window_days"],
  ["a retention in words", { retention_days: "long" }, "retention_days"],
];

describe("a site document with a fault is refused, naming the path", () => {
  test.each(FAULTS)("%s", async (_name, fault, member) => {
    const site = await shop();
    const answer = await site.save({ ...BASE, ...fault });
    expect([400, 422]).toContain(answer.status);
    expect(answer.headers.get("content-type")).toContain("application/problem+json");
    const { errors = [] } = answer.json<Problem>();
    expect(errors.length).toBeGreaterThan(0);
    expect(errors.map(({ path, message }) => `${JSON.stringify(path)} ${message}`).join()).toContain(member);
  });

  test.each([
    ["not JSON", '{"name": "x"'],
    ["a list", "[]"],
    ["null", "null"],
    ["a string", '"name"'],
    ["nothing", ""],
    ["a __proto__ member", '{"name": "x", "__proto__": {"admin": true}}'],
    [
      "a __proto__ member in an entity",
      '{"name": "x", "entities": [{"name": "e", "type": "simple", "scope": "session", "value": "a", "__proto__": {}}]}',
    ],
    ["a constructor member", '{"name": "x", "constructor": {"prototype": {"admin": true}}}'],
  ])("%s", async (_name, body) => {
    const site = await shop();
    const answer = await collector.request("PUT", `/v1/sites/${site.id}`, {
      token: collector.adminToken,
      headers: { "content-type": "application/json" },
      body,
    });
    expect([400, 422]).toContain(answer.status);
    expect(answer.headers.get("content-type")).toContain("application/problem+json");
    expect((await site.admin("GET", "?version=2")).status).toBe(404);
  });
});

describe("an entity's value is checked when it is saved", () => {
  test.each([
    ["closes its own bracket", "1); alert(1"],
    ["closes its own bracket and comments the rest out", "1); alert(1); //"],
    ["closes its own function", "1) } }, { value: function () { return (1"],
    ["is two statements", "a; b"],
    ["ends in a semicolon", "a;"],
    ["is a declaration", "var a = 1"],
    ["is a statement", "if (a) b"],
    ["throws", "throw a"],
    ["returns", "return a"],
    ["is not finished", "a ? b :"],
    ["opens a comment and never closes it", "1 /*"],
    ["is a comment", "// nothing"],
    ["is nothing", ""],
    ["is blank", "  "],
    ["waits", "await a"],
    ["is a module's import.meta", "import.meta"],
    ["is no JavaScript", "what is it"],
  ])("an expression that %s is refused", async (_name, value) => {
    const site = await shop();
    const answer = await site.save({ ...BASE, ...entity({ value }) });
    expect([400, 422]).toContain(answer.status);
    const { errors = [] } = answer.json<Problem>();
    expect(JSON.stringify(errors.map(({ path }) => path))).toMatch(/entities.*0.*value/);
    expect((await collector.request("GET", `/t/${site.id}.js`)).text).not.toContain("alert(1");
  });

  test.each([
    ["calls a function", "f()"],
    ["computes", "a + b"],
    ["assigns", "a = 1"],
    ["indexes by a variable", "a[b]"],
    ["closes its own bracket", "1); alert(1"],
  ])("a simple value that %s is refused", async (_name, value) => {
    const site = await shop();
    expect([400, 422]).toContain((await site.save({ ...BASE, ...entity({ type: "simple", value }) })).status);
  });

  test.each(['"gold"', "42", "r7k12_si", "dataLayer[0].user.id", "a['b'].c"])(
    "the simple value %s is saved",
    async (value) => {
      const site = await shop();
      expect((await site.save({ ...BASE, ...entity({ type: "simple", value }) })).status).toBe(200);
    },
  );
});

describe("secrets", () => {
  test("a webhook's secret is never read back", async () => {
    const site = await shop({ entities: PRINTED.entities, webhooks: PRINTED.webhooks });
    const answer = await site.admin("POST", "/webhooks/crm/secret");
    expect([200, 201]).toContain(answer.status);
    const { secret } = answer.json<{ secret: string }>();
    expect(secret).toMatch(/^whsec_/);
    expect((await site.admin("GET", "")).text).not.toContain(secret);
  });

  test("a vendor's secret is kept where a saved document leaves it out, and never read back", async () => {
    const site = await shop({ vendors: [{ name: "rail", adapter: "callrail", secret: "company-key-of-the-shop" }] });
    await site.save({ ...BASE, vendors: [{ name: "rail", adapter: "callrail" }] });
    for (const query of ["", "?version=1", "?version=2"])
      expect((await site.admin("GET", query)).text).not.toContain("company-key");
  });

  test.each(["qprotocol", "invoca", "whatconverts"])(
    "a secret that nothing in %s's format checks is refused",
    async (adapter) => {
      const site = await shop();
      const answer = await site.save({ ...BASE, vendors: [{ name: "v", adapter, secret: "believed-to-count" }] });
      expect([answer.status, answer.json<{ errors: object[] }>().errors]).toEqual([
        400,
        [{ path: "vendors.0.secret", message: expect.stringContaining("token") }],
      ]);
      expect((await site.save({ ...BASE, vendors: [{ name: "v", adapter, secret: null }] })).status).toBe(200);
    },
  );

  test("a token of a vendor that the site does not have is 404", async () => {
    const site = await shop();
    expect((await site.admin("POST", "/vendors/nobody/token")).status).toBe(404);
    expect((await site.admin("POST", "/webhooks/nobody/secret")).status).toBe(404);
  });
});
