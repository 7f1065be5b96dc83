// @vitest-environment node
import { SourceMap } from "node:module";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { type RollupOptions, rollup } from "rollup";
import { loadConfigFile } from "rollup/loadConfigFile";
import { describe, expect, it } from "vitest";
import { compileSetup } from "../../collector/site/compile";
import { siteSchema } from "../../collector/wire/site";

const LIMIT = 5000;
const root = fileURLToPath(new URL("../../", import.meta.url));
const gzip = (text: string): number => gzipSync(text, { level: 9 }).length;

/** Builds the insertion script's SDK as `npm run build` does, without writing it. */
async function build(options: RollupOptions, without = ""): Promise<{ code: string; map: SourceMap }> {
  const plugins = [options.plugins].flat().filter((plugin) => plugin && "name" in plugin && plugin.name !== without);
  const bundle = await rollup({ ...options, plugins });
  const [output] = [options.output].flat();
  const { output: chunks } = await bundle.generate({ ...output, sourcemap: true });
  const [{ code, map }] = chunks;
  if (!map) throw new Error("Rollup gave no source map");
  return {
    code: code.replace(/\n\/\/# sourceMappingURL=.*/, "").trimEnd(),
    map: new SourceMap(JSON.parse(map.toString())),
  };
}

async function scriptOptions(): Promise<RollupOptions> {
  const { options } = await loadConfigFile(`${root}rollup.config.mjs`, {});
  const found = options.find(({ input }) => JSON.stringify(input).includes("sdk/script.ts"));
  if (!found) throw new Error("rollup.config.mjs has no sdk/script.ts");
  return found;
}

/** Which room each character of the code comes from. */
function roomsOf({ code, map }: { code: string; map: SourceMap }): string[] {
  return code.split("\n").flatMap((line, n) =>
    Array.from(`${line}\n`, (_, column) => {
      const entry = map.findEntry(n, column);
      const source = "originalSource" in entry ? entry.originalSource : "";
      return /js-cookie/.exec(source)?.[0] ?? /sdk\/(\w+)/.exec(source)?.[1] ?? "glue";
    }),
  );
}

describe("the insertion script", () => {
  it(`is served in at most ${LIMIT} bytes for a site without entities`, { timeout: 120_000 }, async () => {
    process.chdir(root);
    const options = await scriptOptions();
    const { code } = await build(options);
    const setup = compileSetup("shop-uk", siteSchema.parse({ name: "Shop" }));
    const served = `(function(){${code}\nreturn boot})()(${setup});\n`;

    // A room's bytes are those that the script would be smaller without it. They sum up to less than the whole, as rooms share phrases.
    // Without the last step, which shortens what the source map points to.
    const mapped = await build(options, "let-for-const");
    const rooms = roomsOf(mapped);
    const characters = Array.from(mapped.code);
    const whole = gzip(mapped.code);
    const rows = [...new Set(rooms)]
      .map((room) => ({ room, bytes: whole - gzip(characters.filter((_, i) => rooms[i] !== room).join("")) }))
      .sort((a, b) => b.bytes - a.bytes);
    console.log(
      `${rows.map(({ room, bytes }) => `${String(bytes).padStart(6)} ${room}`).join("\n")}\n${String(gzip(served)).padStart(6)} as served`,
    );

    expect(rows.find(({ room }) => room === "js-cookie")?.bytes).toBeGreaterThan(300);
    expect(gzip(served)).toBeLessThanOrEqual(LIMIT);
  });
});
