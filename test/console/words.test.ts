import { describe, expect, test } from "vitest";
import { pageAddress, type Report } from "../../collector/console/app/site/check-page";
import { changesOf } from "../../collector/console/app/site/diff";
import { findingsOf } from "../../collector/console/app/site/findings";

type PageReport = NonNullable<Report["page"]>;
const PAGE: PageReport = {
  url: "https://shop.example/p/9",
  site: "shop-uk",
  document_version: 3,
  context_id: "6o2diu81w9o-0irxltk5b-u9t1cv4",
  consent: "granted",
  cookie: { set: true, domain: "shop.example" },
  answer: "202",
  other_tags: [],
  entities: [{ name: "basket_total", value: 49.9, status: "sent", error: null, why: null }],
  tried: [],
};
const SITE = {
  tracking_id: "shop-uk",
  version: 3,
  origins: ["https://shop.example"],
  consent: "not_required" as const,
};
const empty = { name: "plan", value: null, status: "empty", error: null, why: null };

describe("what an opened page reported", () => {
  const bad = (page: Partial<PageReport>, reached = true) =>
    findingsOf({ at: 0, csp: [], collector_reached: reached, page: { ...PAGE, ...page } }, SITE).filter(
      ({ kind }) => kind !== "good",
    );

  test("is all good where nothing stands in the way", () => {
    expect(bad({})).toEqual([]);
  });

  test.each<[string, Partial<PageReport>, string]>([
    ["a page of another origin", { url: "https://other.example/" }, "https://other.example is not one of"],
    ["the tag of another site", { site: "shop-fr" }, "the tag of another site: shop-fr"],
    ["an older document", { document_version: 2 }, "version 2 of the site, but the newest is 3"],
    ["denied consent", { consent: "denied" }, "consent is denied"],
    ["a browser's own signal", { consent: "global_privacy_control" }, "Global Privacy Control"],
    ["consent that nobody gave yet", { consent: "pending" }, "is waiting for consent"],
    ["a cookie that is not kept", { cookie: { set: false, domain: null } }, "each page looks like a new visitor"],
    ["a second tag", { other_tags: ["old"] }, "more than one tag"],
    ["an entity that throws", { entities: [{ ...empty, error: "x is not defined" }] }, "plan failed: x is not defined"],
    ["an empty entity", { entities: [empty] }, "plan has no value"],
  ])("names %s, once, with its mend", (_name, report, words) => {
    const found = bad(report);
    expect(found).toHaveLength(1);
    expect(found[0]?.what).toContain(words);
    expect(found[0]?.mend).toBeTruthy();
  });

  test("names what the collector answered where it did not take what was sent, and nothing before consent", () => {
    expect(bad({ answer: "403 not of this origin" }, false)[0]?.what).toContain("403 not of this origin");
    expect(bad({ answer: "", consent: "pending" }, false)).toHaveLength(1);
  });

  test("of a page that lets nothing out names what its policy has stopped", () => {
    const csp = [{ directive: "connect-src", blocked: "https://calls.example/v1/snapshots" }];
    const found = findingsOf({ at: 0, csp, collector_reached: false }, SITE);
    expect(found.map(({ kind }) => kind)).toEqual(["good", "bad"]);
    expect(found[1]?.what).toContain("has stopped https://calls.example/v1/snapshots by connect-src");
  });
});

describe("what a version changed", () => {
  const entity = { name: "plan", type: "simple", scope: "session", value: '"gold"' } as const;

  test("is told by names, so that what moved in its list is no change", () => {
    const other = { ...entity, name: "other" };
    expect(changesOf({ entities: [entity, other] }, { entities: [other, entity] })).toEqual([]);
  });

  test("names each field with what it was and is, and whole items that came or went", () => {
    const before = { name: "Shop", version: 1, entities: [entity], origins: [] };
    const after = {
      name: "Shop UK",
      version: 2,
      entities: [{ ...entity, value: '"silver"' }],
      goals: [{ name: "order" }],
    };
    expect(changesOf(before, after).map(({ what, before, after }) => [what, before === null, after === null])).toEqual([
      ["name", false, false],
      ["entity plan: value", false, false],
      ["origins", false, true],
      ["goal order", true, false],
    ]);
  });
});

test("an address is read as people type it, and what is none is none", () => {
  expect(pageAddress(" shop.example/p/9 ")?.href).toBe("https://shop.example/p/9");
  expect(pageAddress("http://localhost:3000")?.origin).toBe("http://localhost:3000");
  for (const wrong of ["", "javascript:alert(1)", "file:///etc/passwd", "http://"])
    expect(pageAddress(wrong)).toBeNull();
});
