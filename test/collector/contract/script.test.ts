import { JSDOM } from "jsdom";
import { describe, expect, test } from "vitest";
import { sharedCollector } from "./shared";
import { BASE, openShop } from "./shop";

const collector = sharedCollector();

const shop = (document: object = {}) => openShop(collector.request, collector.adminToken, document);
const script = (id: string, headers: Record<string, string> = {}) =>
  collector.request("GET", `/t/${id}.js`, { headers });
const simple = (name: string, value: string) => ({ name, type: "simple", scope: "session", value });
const expression = (name: string, value: string) => ({ name, type: "expression", scope: "page_view", value });

/** `fetch` adds `no-cache` to a conditional request, as a forced reload does, unless it is told another one. */
const unless = (etag: string) => ({ "if-none-match": etag, "cache-control": "max-age=0" });

describe("the insertion script", () => {
  test("is JavaScript that any page may load", async () => {
    const answer = await script((await shop()).id);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toMatch(/^(text|application)\/javascript/);
    expect([null, "cross-origin"]).toContain(answer.headers.get("cross-origin-resource-policy"));
  });

  test("contains neither eval nor a function made of text", async () => {
    const site = await shop({ entities: [simple("a", "a"), expression("b", "b + 1")] });
    const { text } = await script(site.id);
    expect(text).not.toMatch(/\beval\b/);
    expect(text).not.toMatch(/new Function|\bFunction\(/);
  });

  test("has a strong ETag, which answers 304 without a body until the site is saved otherwise", async () => {
    const site = await shop();
    const etag = (await script(site.id)).headers.get("etag") ?? "";
    expect(etag).toMatch(/^"[^"]+"$/);

    const unchanged = await script(site.id, unless(etag));
    expect([unchanged.status, unchanged.text]).toEqual([304, ""]);

    await site.save({ ...BASE, entities: [simple("gold", '"gold"')] });
    const changed = await script(site.id, unless(etag));
    expect(changed.status).toBe(200);
    expect(changed.headers.get("etag")).not.toBe(etag);
  });

  test.each([
    ["gzip", "gzip"],
    ["br", "br"],
    ["gzip, deflate, br", "br"],
  ])("asked for with %s comes in %s, says the same, and varies by encoding", async (accepted, encoding) => {
    const site = await shop();
    const plain = await script(site.id, { "accept-encoding": "identity" });
    const packed = await script(site.id, { "accept-encoding": accepted });
    expect(plain.headers.get("content-encoding")).toBeNull();
    expect(packed.headers.get("content-encoding")).toBe(encoding);
    expect(packed.headers.get("vary")?.toLowerCase()).toContain("accept-encoding");
    expect(packed.text).toBe(plain.text);
  });

  test("of an unknown site is 404", async () => {
    expect((await script("nobodys-shop")).status).toBe(404);
  });
});

interface Visit {
  /** What the first snapshots said of the entities. */
  values: Record<string, unknown>;
  contextId: string;
  /** The collector's answers to what the script posted. */
  statuses: number[];
}

/** Opens a page that runs `before` and then has the site's script from the collector; ends once something was posted and answered. */
async function visit(id: string, before: string): Promise<Visit> {
  const bodies: string[] = [];
  const statuses: number[] = [];
  const html = `<!doctype html><script>${before}</script><script async src="${collector.origin}/t/${id}.js"></script>`;
  return new Promise((resolve) => {
    const page = new JSDOM(html, {
      url: "https://shop.example/p/9",
      runScripts: "dangerously",
      resources: "usable",
      pretendToBeVisual: true,
      // jsdom has none of these, which every browser has.
      beforeParse: (window) => {
        const forward = async (url: string, { method, body, headers }: RequestInit) => {
          const answer = await fetch(url, { method: method ?? "GET", body: body ?? null, headers: headers ?? {} });
          bodies.push(String(body));
          statuses.push(answer.status);
          const { contextId } = (page.window as unknown as { calljoin: { contextId: string } }).calljoin;
          resolve({ values: Object.assign({}, ...bodies.flatMap(entitiesIn)), contextId, statuses });
          return answer;
        };
        Object.assign(window, { TextEncoder, TextDecoder, fetch: forward });
      },
    });
  });
}

function entitiesIn(body: string): object[] {
  return (JSON.parse(body) as { snapshots: { entities?: object }[] }).snapshots.map(({ entities = {} }) => entities);
}

describe("the site's entities, compiled into its script", () => {
  test("read the page's variables as code, `let` and `const` of the page included", async () => {
    const site = await shop({
      entities: [
        simple("by_var", "r7k12_si"),
        simple("by_const", "visit.id"),
        simple("path", "dataLayer[0].user.id"),
        simple("literal", '"gold"'),
        simple("number", "42"),
        expression("computed", "basket.reduce((sum, item) => sum + item.price, 0)"),
        expression("commented", "basket.length // how many"),
        expression("closing_tag", '"</script>".length'),
      ],
    });
    const { values } = await visit(
      site.id,
      `var r7k12_si = "v-81"; const visit = { id: "c-7" }; var dataLayer = [{ user: { id: "u-1" } }]; let basket = [{ price: 40 }, { price: 9.9 }];`,
    );
    expect(values).toEqual({
      by_var: "v-81",
      by_const: "c-7",
      path: "u-1",
      literal: "gold",
      number: 42,
      computed: 49.9,
      commented: 2,
      closing_tag: 9,
    });
  });

  test("see none of the script's own names, and one that throws disables no other", async () => {
    const site = await shop({
      entities: [
        expression("boot_is", "typeof boot"),
        expression("throws", "nothing.here.at.all"),
        expression("after", '"still read"'),
      ],
    });
    const { values } = await visit(site.id, "");
    expect(values).toEqual({ boot_is: "undefined", after: "still read" });
  });

  test("what the script posts is accepted by the collector, as it stands", async () => {
    const site = await shop({ entities: [simple("gold", '"gold"')] });
    const { contextId, statuses } = await visit(site.id, "");
    expect(statuses).toEqual([202]);
    expect((await site.admin("GET", `/contexts/${contextId}`)).text).toContain("gold");
    expect((await site.admin("GET", "/rejected")).json()).toMatchObject({ rejected: [] });
  });
});
