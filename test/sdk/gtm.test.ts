// @vitest-environment node
import { readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";

/** The sections of a template for Google Tag Manager, by their names (https://developers.google.com/tag-platform/tag-manager/templates). */
const sections: Record<string, string> = {};
const parts = readFileSync("examples/gtm-template.tpl", "utf8").split(/^___(\w+)___$/m);
for (let i = 1; i < parts.length; i += 2) sections[parts[i] ?? ""] = parts[i + 1] ?? "";
const json = (name: string) => JSON.parse(sections[name] ?? "");

interface Data {
  collector: string;
  site: string;
  gtmOnSuccess: () => void;
  gtmOnFailure: () => void;
}
type Inject = (url: string, onSuccess: () => void, onFailure: () => void, cacheToken: string) => void;

/** Runs the template's code with what the sandbox gives it, and nothing else: no page, no globals. */
function run(data: Data, injectScript: Inject): void {
  const apis: Record<string, unknown> = { encodeUriComponent: encodeURIComponent, injectScript };
  const require = (name: string) => {
    if (!(name in apis)) throw new Error(`the sandbox has no ${name}`);
    return apis[name];
  };
  const code = sections.SANDBOXED_JS_FOR_WEB_TEMPLATE ?? "";
  new Function("require", "data", "window", "document", "globalThis", `"use strict";${code}`)(require, data);
}

const dataOf = (collector: string, site: string): Data => ({
  collector,
  site,
  gtmOnSuccess: vi.fn(),
  gtmOnFailure: vi.fn(),
});

describe("the template for Google Tag Manager", () => {
  it.each([
    ["https://calls.shop.example", "shop-uk", "https://calls.shop.example/t/shop-uk.js"],
    ["https://calls.shop.example/", "shop-uk", "https://calls.shop.example/t/shop-uk.js"],
    ["https://shop.example/calls/", "a b", "https://shop.example/calls/t/a%20b.js"],
  ])("with %s and %s injects %s, which its permission allows", (collector, site, url) => {
    const data = dataOf(collector, site);
    const inject = vi.fn<Inject>();
    run(data, inject);
    expect(inject).toHaveBeenCalledExactlyOnceWith(url, data.gtmOnSuccess, data.gtmOnFailure, url);
    const [{ instance }] = json("WEB_PERMISSIONS");
    const patterns: string[] = instance.param[0].value.listItem.map(({ string }: { string: string }) => string);
    const asRegex = (pattern: string) => new RegExp(`^${pattern.split("*").map(quoted).join(".*")}$`);
    expect(patterns.some((pattern) => asRegex(pattern).test(url))).toBe(true);
  });

  it.each([
    [(done: Data) => done.gtmOnSuccess(), [1, 0]],
    [(done: Data) => done.gtmOnFailure(), [0, 1]],
  ])("tells the container what has come of it (%#)", (end, calls) => {
    const data = dataOf("https://calls.shop.example", "shop-uk");
    run(data, (_url, gtmOnSuccess, gtmOnFailure) => end({ ...data, gtmOnSuccess, gtmOnFailure }));
    expect([data.gtmOnSuccess, data.gtmOnFailure].map((each) => vi.mocked(each).mock.calls.length)).toEqual(calls);
  });

  it.each([
    ["https://calls.shop.example", true],
    ["https://shop.example/calls", true],
    ["http://calls.shop.example", false],
    ["calls.shop.example", false],
    ["https://calls.shop.example?x", false],
  ])("asks for an address with its scheme: %s is %s", (collector, isFine) => {
    const field = json("TEMPLATE_PARAMETERS").find(({ name }: { name: string }) => name === "collector");
    expect(new RegExp(field.valueValidators[0].args[0]).test(collector)).toBe(isFine);
  });

  it("has the sections that Google Tag Manager reads, and its own test passes", () => {
    expect(json("INFO")).toMatchObject({ type: "TAG", containerContexts: ["WEB"] });
    const code = /code: \|-\n([\s\S]+)/.exec(sections.TESTS ?? "")?.[1] ?? "";
    let inject: Inject = () => {};
    let isCalled = false;
    new Function("mock", "assertThat", "runCode", "assertApi", code)(
      (_name: string, fake: Inject) => {
        inject = fake;
      },
      (value: unknown) => ({ isEqualTo: (other: unknown) => expect(value).toBe(other) }),
      (data: Data) =>
        run(data, (...args) => {
          isCalled = true;
          inject(...args);
        }),
      () => ({ wasCalled: () => expect(isCalled).toBe(true) }),
    );
    expect(isCalled).toBe(true);
  });
});

function quoted(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}
