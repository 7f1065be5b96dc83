import { runInNewContext } from "node:vm";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { assemble, createScripts } from "../../../collector/site/script";
import { siteSchema } from "../../../collector/wire/site";

const SDK = "var boot=function(setup){var e=setup;globalThis.booted=e};";
const site = (version: number) => ({
  site: "shop",
  version,
  saved_at: 0,
  document: siteSchema.parse({ name: "Shop" }),
});

describe("the insertion script", () => {
  it("keeps the SDK's names away from the setup's, and both from the page", () => {
    const page: Record<string, unknown> = { e: "the page's" };
    runInNewContext(assemble(SDK, "{value:function(){return(e\n)}}"), page);
    expect((page.booted as { value: () => unknown }).value()).toBe("the page's");
    expect(Object.keys(page).sort()).toEqual(["booted", "e"]);
  });

  it("says the same in every encoding", async () => {
    const script = await createScripts(SDK).of(site(1));
    expect(gunzipSync(script.gzip)).toEqual(script.plain);
    expect(brotliDecompressSync(script.br)).toEqual(script.plain);
  });

  it("is compressed once a version", async () => {
    const scripts = createScripts(SDK);
    const first = await scripts.of(site(1));
    expect(await scripts.of(site(1))).toBe(first);
    expect(await scripts.of(site(2))).not.toBe(first);
  });
});
