import { describe, expect, test } from "vitest";
import { requestOf } from "../../../collector/forward/render";
import { receiver, shopWith, startEach, world } from "./webhook-shop";

describe("a request with a call's values in its URL", () => {
  const of = (url: string, value: string) =>
    requestOf(url, { format: "json", body: "{}", fill: { "entities.a": value } });

  test.each([
    [
      "a lone surrogate",
      "https://crm.example/?v={{entities.a}}",
      "half \ud83d",
      /^entities\.a, .* has half a character in it/,
    ],
    ["another host", "https://{{entities.a}}.crm.example/", "evil", /leads to another host/],
    [
      "another host, written before the real one",
      "https://crm.example{{entities.a}}/",
      ".evil.example",
      /leads to another host/,
    ],
    ["no host at all", "https://crm{{entities.a}}/", "/", /the URL is not valid/],
  ])("is refused where they make %s of it", (_name, url, value, reason) => {
    expect(() => of(url, value)).toThrow(reason);
  });

  test.each(["//evil.example", "@evil.example", "\\evil", "#?&=", "ä 🛒", "../.."])("holds %j escaped", (value) => {
    const url = new URL(of("https://crm.example/hook?v={{entities.a}}", value).url);
    expect([url.host, url.pathname, url.searchParams.get("v")]).toEqual(["crm.example", "/hook", value]);
  });
});

describe("a delivery that cannot be rendered", () => {
  startEach();

  test("is dead at once, with its reason where its owner looks, and not tried again", async () => {
    const shop = await shopWith({ url: `${receiver.url}/hook?v={{"half \ud83d"}}` });
    await world.matchedCall(shop);
    await world.send();
    await world.pass(60 * 60_000);
    expect(await world.deliveries(shop)).toMatchObject([
      {
        state: "dead",
        next_attempt_at: null,
        attempts: [{ status: null, request: null, error: expect.stringMatching(/half a character/) }],
      },
    ]);
  });

  test("is none for half a character of a page: that is stored and sent as U+FFFD", async () => {
    const shop = await shopWith({ url: `${receiver.url}/hook?v={{entities.visit}}` });
    await world.matchedCall(shop, { entities: { visit: "half \ud83d of it" } });
    await world.send();
    expect(receiver.received[0]?.url).toBe(`/hook?v=${encodeURIComponent("half \ufffd of it")}`);
    expect(await world.deliveries(shop)).toMatchObject([{ state: "delivered" }]);
  });
});
