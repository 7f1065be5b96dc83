import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/** An app that has installed the package, as npm would lay it out. */
let app: string;
beforeAll(() => {
  app = mkdtempSync(join(tmpdir(), "calljoin-types-"));
  const installed = join(app, "node_modules/calljoin");
  mkdirSync(join(installed, "dist"), { recursive: true });
  cpSync("package.json", join(installed, "package.json"));
  cpSync("dist/sdk", join(installed, "dist/sdk"), { recursive: true });
  writeFileSync(join(app, "package.json"), '{ "type": "module" }');
});
afterAll(() => rmSync(app, { recursive: true, force: true }));

const CONSUMER = `
import { start, type Calljoin, type EntityRow, type StartOptions, type Value } from "calljoin";
const options: StartOptions = { site: "shop", collector: "https://calls.shop.example", consent: "required",
  entities: [{ name: "total", type: "expression", scope: "page_view", value: () => 1 }] };
const api: Calljoin = start(options);
const id: string | null = api.contextId;
const rows: EntityRow[] = api.entities();
const values: Record<string, Value> = api.call();
const stop: () => void = api.on("entity", (row) => row.status satisfies string);
(window.calljoin = window.calljoin || []).push((ready) => ready.page());
api.flush().then(() => stop());
export { id, rows, values };
`;

function faultsOf(code: string, module: ts.ModuleKind, moduleResolution: ts.ModuleResolutionKind): string[] {
  const file = join(app, "consumer.ts");
  writeFileSync(file, code);
  const program = ts.createProgram([file], {
    module,
    moduleResolution,
    target: ts.ScriptTarget.ES2022,
    lib: ["lib.es2022.d.ts", "lib.dom.d.ts"],
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    types: [],
  });
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}

describe("the package's types", () => {
  it.each([
    ["nodenext", ts.ModuleKind.NodeNext, ts.ModuleResolutionKind.NodeNext],
    ["bundler", ts.ModuleKind.ESNext, ts.ModuleResolutionKind.Bundler],
  ])(
    "are whole for a consumer under %s, window.calljoin included, without skipLibCheck",
    (_how, module, resolution) => {
      expect(faultsOf(CONSUMER, module, resolution)).toEqual([]);
    },
  );

  it("say what is wrong", () => {
    const wrong = 'import { start } from "calljoin"; start({ site: 1, collector: "x" });';
    const faults = faultsOf(wrong, ts.ModuleKind.NodeNext, ts.ModuleResolutionKind.NodeNext);
    expect(faults).toEqual(["Type 'number' is not assignable to type 'string'."]);
  });

  it("come with a module that a bundler may leave out where nothing of it is used", () => {
    expect(JSON.parse(readFileSync("package.json", "utf8"))).toMatchObject({ sideEffects: false });
  });
});
