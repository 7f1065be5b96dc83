// @vitest-environment node
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { METHODS, ROWS } from "../browser/hostile-names";

const root = fileURLToPath(new URL("../../", import.meta.url));
/** The one place that may name them. */
const PAGE = "sdk/browser/page.ts";
/** Runs where a person has opened the console, and shows what there is; and where a page was opened to be checked. */
const FOR_PEOPLE = ["sdk/inspector.ts", "sdk/check.ts"];

const files = readdirSync(`${root}sdk`, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .map((name) => `sdk/${name}`);
const program = ts.createProgram(
  files.map((name) => root + name),
  {
    target: ts.ScriptTarget.ES2022,
    lib: ["lib.es2023.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
    strict: true,
    noEmit: true,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    types: [],
  },
);
const checker = program.getTypeChecker();

/** The globals that a file names as values, in the order of their first use. */
function globalsOf(file: string): string[] {
  const source = program.getSourceFile(root + file);
  if (!source) throw new Error(`${file} is not there`);
  const found = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return;
    if (ts.isIdentifier(node) && isGlobal(node)) found.add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return [...found];
}

function isGlobal(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) && parent.name === node) return false;
  if (ts.isPropertyAssignment(parent) && parent.name === node) return false;
  if (ts.isBindingElement(parent) && parent.propertyName === node) return false;
  if (node.text === "undefined") return false; // a page cannot write it
  const declarations = checker.getSymbolAtLocation(node)?.declarations ?? [];
  return (
    declarations.length > 0 && declarations.every((each) => program.isSourceFileDefaultLibrary(each.getSourceFile()))
  );
}

/** What page.ts reads of `window`, `document`, `history` and `navigator`: members by name, and names handed to its readers. */
function usedNames(): string[] {
  const source = program.getSourceFile(root + PAGE);
  const found = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return;
    if (ts.isPropertyAccessExpression(node) && /^(window|\(window as [^)]*\))$/.test(node.expression.getText()))
      found.add(node.name.text);
    if (ts.isCallExpression(node) && ["read", "own", "inherited"].includes(node.expression.getText())) {
      for (const argument of node.arguments) if (ts.isStringLiteral(argument)) found.add(argument.text);
    }
    ts.forEachChild(node, visit);
  };
  if (source) visit(source);
  return [...found].filter((name) => !BRANDS.includes(name));
}

/** The methods of lists that a file uses. */
function methodsOf(file: string): string[] {
  const source = program.getSourceFile(root + file);
  const found = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAccessExpression(node) && ts.isCallExpression(node.parent) && node.parent.expression === node) {
      const type = checker.getNonNullableType(checker.getTypeAtLocation(node.expression));
      const types = type.isUnion() ? type.types : [type];
      if (types.some((each) => checker.isArrayLikeType(each))) found.add(node.name.text);
    }
    ts.forEachChild(node, visit);
  };
  if (source) visit(source);
  return [...found];
}

/** What something is to be, as its tag says: no names that are read. */
const BRANDS = ["Storage", "Navigation", "History", "Navigator", "Crypto", "Performance"];

describe("the page's globals", () => {
  it.each(files.filter((file) => file !== PAGE && !FOR_PEOPLE.includes(file)))(
    "are named in one file, which is not %s",
    (file) => {
      expect(globalsOf(file)).toEqual([]);
    },
  );

  it("are found by this test where they are named", () => {
    expect(globalsOf(PAGE)).toEqual(expect.arrayContaining(["window", "document", "location"]));
    expect(FOR_PEOPLE.flatMap(globalsOf)).toEqual(expect.arrayContaining(["console", "Date", "JSON"]));
  });

  it("as lists' methods, are of ES5 and have a row in the table of pages that replace them", () => {
    const used = new Set(files.filter((file) => !FOR_PEOPLE.includes(file)).flatMap(methodsOf));
    expect([...used].sort()).toEqual(Object.keys(METHODS).sort());
  });

  it("each have a row in the table of pages that take their names", () => {
    expect(usedNames().filter((name) => !(name in ROWS))).toEqual([]);
  });
});
