import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { isCountry } from "../../../collector/intake/adapters/phone";
import { checkSite } from "../../../collector/site/check";
import { readerOf } from "../../../collector/site/compile";
import { PRESETS } from "../../../collector/site/presets";
import { siteSchema } from "../../../collector/wire/site";

const PAGE = {
  location: { search: "?gclid=g-1&gbraid=gb-1&wbraid=wb-1&fbclid=f-1&msclkid=m-1&utm_source=news&utm_medium=mail" },
  document: {
    cookie:
      "a=1; _ga=GA1.2.496098882.1610959724; _ga_21W6M8FD7E=GS1.1.1638350952.6.0.1638350952.0; calltrk_session_id=3f2a-11; __ctmid=5f0a1b2c3d4e5f6a7b8c9d0e; wc_visitor=51497-0a-1; " +
      "invoca_session=%7B%22ttl%22%3A%222026%22%2C%22session%22%3A%7B%22invoca_id%22%3A%22i-0a-1%22%7D%7D",
  },
  rTap: { visitorId: "gbr0xyz12" },
};

function valueOn(page: object, name: string): unknown {
  const preset = PRESETS.find(({ entity }) => entity.name === name);
  if (!preset) throw new Error(`no preset ${name}`);
  const world = { URLSearchParams, ...page } as Record<string, unknown>;
  return runInNewContext(`(${readerOf(preset.entity.value)})()`, { ...world, window: world });
}

describe("a preset", () => {
  test("can be saved as it is, where its vendor is there", () => {
    const named = PRESETS.flatMap(({ entity: { identifies } }) => identifies ?? []);
    const vendors = named.map((name) => ({ name, adapter: "qprotocol" }));
    const document = siteSchema.parse({ name: "Shop", vendors, entities: PRESETS.map(({ entity }) => entity) });
    expect(checkSite(document, { adapters: ["qprotocol"], signed: [], isCountry })).toEqual([]);
  });

  test.each([
    ["ga_client_id", "496098882.1610959724"],
    ["ga_session_id", "1638350952"],
    ["gclid", "g-1"],
    ["gbraid", "gb-1"],
    ["wbraid", "wb-1"],
    ["fbclid", "f-1"],
    ["msclkid", "m-1"],
    ["utm_source", "news"],
    ["utm_medium", "mail"],
    ["utm_campaign", null],
    ["responsetap_visitor", "gbr0xyz12"],
    ["callrail_visitor", "3f2a-11"],
    ["ctm_visitor", "5f0a1b2c3d4e5f6a7b8c9d0e"],
    ["wc_visitor", "51497-0a-1"],
    ["invoca_visitor", "i-0a-1"],
  ])("%s is read from a page that has it", (name, value) => expect(valueOn(PAGE, name)).toBe(value));

  test.each(PRESETS.map(({ entity }) => entity.name))("%s is empty on a page that has it not", (name) => {
    expect(valueOn({ location: { search: "" }, document: { cookie: "x_ga=GA1.1.1.1" } }, name) ?? null).toBeNull();
  });

  test("ga_session_id reads the newer cookie, too; callrail_visitor the one of several companies", () => {
    const cookie = "_ga_ABC=GS2.1.s1760000000$o3$g1$t1760000100; calltrk_session_id_315820941=aa-1";
    expect(valueOn({ document: { cookie } }, "ga_session_id")).toBe("1760000000");
    expect(valueOn({ document: { cookie } }, "callrail_visitor")).toBe("aa-1");
    const plain = 'invoca_session={"session":{"invoca_id": "i-0b-2"}}';
    expect(valueOn({ document: { cookie: plain } }, "invoca_visitor")).toBe("i-0b-2");
  });
});
