import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { compileSetup } from "../../../collector/site/compile";
import { createScripts } from "../../../collector/site/script";
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
    const named = { ...site(1).document, entities: [{ name: "e", type: "simple", scope: "session", value: "e" }] };
    const { plain } = createScripts(SDK)({ ...site(1), document: siteSchema.parse(named) });
    const page: Record<string, unknown> = { e: "the page's" };
    runInNewContext(plain.toString(), page);
    const { entities } = page.booted as { entities: { value: () => unknown }[] };
    expect(entities[0]?.value()).toBe("the page's");
    expect(Object.keys(page).sort()).toEqual(["booted", "e"]);
  });

  it("says the same in every encoding", async () => {
    const script = createScripts(readFileSync("dist/sdk/script.js", "utf8"))(site(1));
    expect(script.plain.toString()).toContain(compileSetup("shop", site(1).document, { version: 1 }));
    expect(gunzipSync(script.gzip)).toEqual(script.plain);
    expect(brotliDecompressSync(await script.br())).toEqual(script.plain);
  });

  it("costs next to nothing for each of thousands of sites, all of them visited in turn", () => {
    const scriptOf = createScripts(readFileSync("dist/sdk/script.js", "utf8"));
    scriptOf({ ...site(1), site: "first" });
    const before = process.cpuUsage();
    for (let n = 0; n < 2_000; n += 1) scriptOf({ ...site(1), site: `shop-${n}` });
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1_000 / 2_000).toBeLessThan(1);
  });

  it("is compressed once a version", () => {
    const scriptOf = createScripts(SDK);
    const first = scriptOf(site(1));
    expect(scriptOf(site(1))).toBe(first);
    expect(scriptOf(site(2))).not.toBe(first);
  });
});
