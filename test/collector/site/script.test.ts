import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import { brotliDecompressSync, crc32, gunzipSync, gzipSync, inflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { compileSetup } from "../../../collector/site/compile";
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

  // As small as the SDK is, and larger than what deflate looks back.
  it.each([SDK, `${SDK}/*${Array.from({ length: 9_000 }, (_, n) => n * 7919).join()}*/`])(
    "says the same in every encoding",
    async (sdk) => {
      const script = await createScripts(sdk).of(site(1));
      const plain = script.plain();
      expect(plain.toString()).toBe(assemble(sdk, compileSetup("shop", site(1).document, { version: 1 })));
      expect(gunzipSync(script.gzip())).toEqual(plain);
      expect(brotliDecompressSync(await script.br())).toEqual(plain);
    },
  );

  it("is one gzip file as any other, with its sums, and hardly larger than if it had been compressed whole", async () => {
    const sdk = readFileSync("dist/sdk/script.js", "utf8");
    const script = await createScripts(sdk).of(site(1));
    const packed = script.gzip();
    // Of several members, this would only read the first.
    expect(inflateRawSync(packed.subarray(10, -8))).toEqual(script.plain());
    expect(packed.readUInt32LE(packed.length - 8)).toBe(crc32(script.plain()));
    expect(packed.readUInt32LE(packed.length - 4)).toBe(script.plain().length);
    expect(packed.length).toBeLessThan(1.01 * gzipSync(script.plain(), { level: 9 }).length);
  });

  it("costs next to nothing for each of thousands of sites", async () => {
    const scripts = createScripts(readFileSync("dist/sdk/script.js", "utf8"));
    await scripts.of({ ...site(1), site: "first" });
    const before = process.cpuUsage();
    for (let n = 0; n < 500; n += 1) (await scripts.of({ ...site(1), site: `shop-${n}` })).gzip();
    // Compressed whole they took ten seconds, and half a second with the fastest of settings that are worth it.
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1_000 / 500).toBeLessThan(1);
  });

  it("is compressed once a version", async () => {
    const scripts = createScripts(SDK);
    const first = await scripts.of(site(1));
    expect(await scripts.of(site(1))).toBe(first);
    expect(await scripts.of(site(2))).not.toBe(first);
  });
});
