import { describe, expect, it } from "vitest";
import { idsIn, isTelling, mentions, withoutMentions } from "../../../collector/wire/mentions";

const MINTED = "6o2diu81w9o-0irxltk5b-u9t1cv4";

describe("ids in a text", () => {
  it.each([
    ["a value of JSON", MINTED, JSON.stringify({ context: { id: MINTED } })],
    ["a cookie", MINTED, JSON.stringify({ cookies: `a=b; calljoin=${MINTED}.1.2.3; c=d` })],
    ["within other text", MINTED, `x${MINTED}y`],
    ["a text that is no JSON", "visitor-1", '{"id":"visitor-1", broken'],
    ["a form, escaped", "visitor:1", "a=b&id=visitor%3A1"],
    ["a name before it", "visitor-1", "id:visitor-1"],
    ["a value with odd characters", 'gbr0 "ä"', JSON.stringify({ vid: 'gbr0 "ä"' })],
    ["a number", "12345678", '{"vid":12345678,"x":1}'],
  ])("are found as %s", (_name, id, text) => {
    expect(idsIn(text)).toContain(id);
  });

  it.each([
    ["JSON", JSON.stringify(['gbr0-1 "ä'])],
    ["JSON within JSON", JSON.stringify([JSON.stringify(['gbr0-1 "ä'])])],
    ["JSON within JSON within JSON", JSON.stringify([JSON.stringify([JSON.stringify(['gbr0-1 "ä'])])])],
    ["a URL", `https://shop.example/?a=b&v=${encodeURIComponent('gbr0-1 "ä')}&c=d`],
    ["a form", `a=b&v=gbr0-1+%22%C3%a4`],
    ["a URL within a URL", `?u=${encodeURIComponent(`?v=${encodeURIComponent('gbr0-1 "ä')}`)}`],
  ])("are found with odd characters, as they stand in %s", (_name, text) => {
    expect(idsIn(text)).toContain('gbr0-1 "ä');
    expect(mentions(['gbr0-1 "ä'])(text)).toBe(true);
  });

  it.each([
    ["ga:1712345678.99", "x=ga%3a1712345678%2E99"],
    ["ga:1712345678.99", "x=ga%253A1712345678.99"],
    ["customer-100", "the customer-100."],
  ])("are found whatever is escaped: %s in %s", (id, text) => {
    expect(mentions([id])(text)).toBe(true);
  });

  it.each([
    ["customer-100", "customer-1001"],
    ["customer-100", "my-customer-100"],
    ["customer-100", "customer-100.5"],
    ["gbr0-12", "gbr0-123"],
    ["12345678", "112345678"],
  ])("are not another id's beginning or end: %s in %s", (id, other) => {
    for (const text of [other, JSON.stringify({ other }), `a=${other}&b`]) {
      expect(mentions([id])(text)).toBe(false);
      expect(withoutMentions([id], "(erased)")(text)).toBe(text);
    }
  });
});

describe("a text without ids", () => {
  it.each([
    ["a customer-100 b", "a (erased) b"],
    ["id:customer-100;customer-1001", "id:(erased);customer-1001"],
    ["see customer-100.", "see (erased)."],
    ["?v=customer%2D100&w=1", "(erased)"],
  ])("has them taken out, or nothing left where they are escaped: %s", (text, left) => {
    expect(withoutMentions(["customer-100", "visitor-9"], "(erased)")(text)).toBe(left);
  });
});

it("what stands in anybody's text tells nobody", () => {
  for (const value of ["5", "true", "GBP", "completed", "gbr0"]) expect(isTelling(value), value).toBe(false);
  for (const value of ["gbr0-12", "clarity1234", "12345678"]) expect(isTelling(value), value).toBe(true);
});
