import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { compileBridge } from "../../../collector/site/bridges";
import { compileSetup } from "../../../collector/site/compile";
import { bridgeSchema } from "../../../collector/wire/bridge";
import { siteSchema } from "../../../collector/wire/site";

/** Runs a bridge in a page that has these globals. */
function cross(bridge: unknown, page: Record<string, unknown>): void {
  runInNewContext(`(${compileBridge(bridgeSchema.parse(bridge))})("the-context-id")`, page);
}

describe("a vendor's bridge", () => {
  it("hands the id to Infinity's queue, before or after the tag is there", () => {
    const page: Record<string, unknown> = {};
    page.window = page;
    cross({ type: "infinity" }, page);
    cross({ type: "infinity", name: "visitor" }, page);
    expect(JSON.stringify(page._ictt)).toBe(
      '[["_setCustomVar",["context_id","the-context-id"]],["_setCustomVar",["visitor","the-context-id"]]]',
    );
  });

  it("sets a cookie of the site's", () => {
    const document = { cookie: "" };
    cross({ type: "cookie", name: "call_vid" }, { document, location: { protocol: "https:" } });
    expect(document.cookie).toMatch(/^call_vid=the-context-id; path=\/; max-age=\d+; samesite=lax; secure$/);
  });

  it("fills form fields, those too that come before the form is sent", () => {
    const fields = [{ value: "" }];
    const heard: Record<string, () => void> = {};
    const addEventListener = (type: string, listener: () => void) => {
      heard[type] = listener;
    };
    cross({ type: "field", name: "cid" }, { addEventListener, document: { getElementsByName: () => fields } });
    fields.push({ value: "" });
    heard.focusin?.();
    expect(fields).toEqual([{ value: "the-context-id" }, { value: "the-context-id" }]);
  });

  it.each([
    ["a cookie's name that would end it", { type: "cookie", name: "a=b; x" }],
    ["an attribute that is not the site's own", { type: "tel", attribute: "onclick" }],
    ["a kind that is none", { type: "pigeon" }],
  ])("is refused with %s", (_name, bridge) => {
    expect(bridgeSchema.safeParse(bridge).success).toBe(false);
  });

  it("stands in the script of the sites that name it, and costs the others nothing", () => {
    const vendors = [{ name: "infinity", bridge: { type: "infinity" } }, { name: "other" }];
    expect(compileSetup("s", siteSchema.parse({ name: "S", vendors }))).toContain("bridges:[function(id){");
    expect(compileSetup("s", siteSchema.parse({ name: "S" }))).toContain("bridges:[]");
  });
});
