import { describe, expect, test } from "vitest";
import { isCountry } from "../../../collector/intake/adapters/phone";
import { checkSite } from "../../../collector/site/check";
import { faults } from "../../../collector/wire/common";
import { siteSchema } from "../../../collector/wire/site";

const FORMATS = { adapters: ["qprotocol", "callrail", "invoca", "custom"], signed: ["callrail"], isCountry };

/** Where a vendor of a site document is wrong. */
function wrong(vendor: object): string[] {
  const parsed = siteSchema.safeParse({ name: "Shop", vendors: [{ name: "v", adapter: "custom", ...vendor }] });
  const found = parsed.success ? checkSite(parsed.data, FORMATS) : faults(parsed.error);
  return found.map(({ path, message }) => `${path.replace("vendors.0.", "")}: ${message}`);
}

const GOOD = { id: "call.id", time: { from: "start" } };

describe("a mapping is checked when it is saved", () => {
  test("and one that can be read by is saved", () => {
    expect(wrong({ mapping: GOOD })).toEqual([]);
    const all = {
      ...GOOD,
      sources: ["vendor.example/docs"],
      body: { as: "form", field: "payload", items: "calls", within: ["data"] },
      signature: {
        from: { header: "X-Sign" },
        algorithm: "hmac-sha256",
        encoding: "hex",
        signed: ["{header:X-T}.{body}", "{url}{form}"],
      },
      time: [
        {
          from: ["a", { path: "b", when: [{ at: "c", is: ["end"] }] }],
          format: "dd/MM/yyyy",
          zone: { path: "tz" },
          is: "end",
        },
      ],
      total: { from: "sum", currency: { value: "EUR" }, decimal: "," },
      answer: { status: 204, body: "", content_type: "text/xml; charset=utf-8" },
    };
    expect(wrong({ mapping: all, secret: "s" })).toEqual([]);
  });

  test.each<[object, string]>([
    [{}, "mapping: is required"],
    [{ adapter: "callrail", mapping: GOOD }, "mapping: is used only if"],
    [{ mapping: { time: GOOD.time } }, "mapping.id: "],
    [{ mapping: { ...GOOD, id: "a..b" } }, "mapping.id: must be a path"],
    [{ mapping: { ...GOOD, id: ["a", "b[x"] } }, "mapping.id.1: must be a path"],
    [
      { mapping: { ...GOOD, id: ["a", { path: "b", match: "(" }] } },
      "mapping.id.1.match: is not a valid RE2 expression",
    ],
    [{ mapping: { ...GOOD, id: { path: "b", match: "(?=x)" } } }, "mapping.id.match: is not a valid RE2 expression"],
    [{ mapping: { ...GOOD, id: { pfad: "b" } } }, "mapping.id: "],
    [{ mapping: { ...GOOD, caller: [{ path: "a", when: [{ at: "c", iss: ["x"] }] }] } }, "mapping.caller.0.when.0: "],
    [{ mapping: { ...GOOD, time: { from: "a", format: "YYYY-MM-DD" } } }, "mapping.time.format: must have year"],
    [{ mapping: { ...GOOD, time: { from: "a", format: "dd HH:mm" } } }, "mapping.time.format: "],
    [{ mapping: { ...GOOD, time: { from: "a", format: "dd.MM. HH:mm" } } }, "mapping.time.format: "],
    [{ mapping: { ...GOOD, time: { from: "a", format: "yyyy-dd HH:mm" } } }, "mapping.time.format: "],
    [{ mapping: { ...GOOD, id: {} } }, "mapping.id: must be a place"],
    [{ mapping: { ...GOOD, id: { match: "x" } } }, "mapping.id: must be a place"],
    [{ mapping: { ...GOOD, url: ["a", { path: "b", header: "c" }] } }, "mapping.url.1: must be a path, or an object"],
    [{ mapping: { ...GOOD, country: "UK" } }, "mapping.country: is not a known two-letter country code"],
    [{ mapping: { ...GOOD, country: "ZZ" } }, "mapping.country: is not a known two-letter country code"],
    [{ mapping: { ...GOOD, answer: { content_type: "text/plain\r\nX-A: b" } } }, "mapping.answer.content_type: "],
    [{ mapping: { ...GOOD, answer: { content_type: "text/plain; x" } } }, "mapping.answer.content_type: "],
    [
      { mapping: { ...GOOD, time: [{ from: "a" }, { from: "b", zone: "Mars/Base" }] } },
      "mapping.time.1.zone: must be a time zone",
    ],
    [{ mapping: { ...GOOD, signature: { from: "a", algorithm: "md5" } } }, "mapping.signature.algorithm: "],
    [
      { mapping: { ...GOOD, signature: { from: "a", algorithm: "hmac-sha1", signed: "{nothing}" } } },
      "mapping.signature.signed: may contain",
    ],
    [{ mapping: { ...GOOD, country: "gb" } }, "mapping.country: "],
    [{ mapping: { ...GOOD, surprise: 1 } }, "mapping: has an unknown field surprise"],
    [{ mapping: { ...GOOD, answer: { status: 500 } } }, "mapping.answer.status: "],
    [{ mapping: GOOD, secret: "s" }, "secret: would never be checked"],
    [{ adapter: "invoca", secret: "s" }, "secret: would never be checked"],
    [{ adapter: "qprotocol", secret: "s" }, "secret: would never be checked"],
  ])("%j is refused: %s", (vendor, message) => {
    expect(wrong(vendor)).toEqual([expect.stringContaining(message)]);
  });

  test("a secret that is kept, or removed, is none that is given", () => {
    expect(wrong({ adapter: "invoca", secret: null })).toEqual([]);
    expect(wrong({ adapter: "callrail", secret: "s" })).toEqual([]);
  });
});
