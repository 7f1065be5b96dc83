// @vitest-environment node
import { SourceMap } from "node:module";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { type RollupOptions, rollup } from "rollup";
import { loadConfigFile } from "rollup/loadConfigFile";
import { describe, expect, it } from "vitest";
import { compileSetup } from "../../collector/site/compile";
import { siteSchema } from "../../collector/wire/site";

/** 6,000 is what is wanted; this keeps what there is from growing. */
const LIMIT = 7173;
const root = fileURLToPath(new URL("../../", import.meta.url));
const gzip = (text: string): number => gzipSync(text, { level: 9 }).length;

/** Builds the insertion script's SDK as `npm run build` does, without writing it. */
async function build(options: RollupOptions): Promise<{ code: string; map: SourceMap }> {
  const bundle = await rollup(options);
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
      return /sdk\/([\w/]+)/.exec(source)?.[1] ?? "glue";
    }),
  );
}

describe("the insertion script", () => {
  it(`is served in at most ${LIMIT} bytes for a site without entities`, async () => {
    process.chdir(root);
    const built = await build(await scriptOptions());
    const setup = compileSetup("shop-uk", siteSchema.parse({ name: "Shop" }));
    const served = `(function(){${built.code}\nreturn boot})()(${setup});\n`;

    // A room's bytes are those that the script would be smaller without it. They sum up to less than the whole, as rooms share phrases.
    const rooms = roomsOf(built);
    const characters = Array.from(built.code);
    const whole = gzip(built.code);
    const rows = [...new Set(rooms)]
      .map((room) => ({ room, bytes: whole - gzip(characters.filter((_, i) => rooms[i] !== room).join("")) }))
      .sort((a, b) => b.bytes - a.bytes);
    console.log(
      `${rows.map(({ room, bytes }) => `${String(bytes).padStart(6)} ${room}`).join("\n")}\n${String(gzip(served)).padStart(6)} as served`,
    );

    expect(gzip(served)).toBeLessThanOrEqual(LIMIT);
  });
});
