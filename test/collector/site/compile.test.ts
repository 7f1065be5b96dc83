import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { compileSetup, faultOfValue, readerOf } from "../../../collector/site/compile";
import { siteSchema } from "../../../collector/wire/site";

const expression = (value: string) => faultOfValue({ type: "expression", value });
const simple = (value: string) => faultOfValue({ type: "simple", value });

// biome-ignore lint/suspicious/noTemplateCurlyInString: a value under test
const TEMPLATE = "`${a}`";

describe("an expression's value", () => {
  it.each([
    "r7k12_si",
    "window.cart && cart.total",
    String.raw`document.cookie.match(/_ga=GA\d\.\d\.([\d.]+)/)?.[1]`,
    "a // the last comment ends with the line",
    "a /* one in the middle */ + b",
    "(function () { return 1; })()",
    "a, b",
    TEMPLATE,
    "{ a: 1 }.a",
    "(a || b)",
    "((a || b))",
    "({a: 1})",
    "({ a: (b) }).a",
    "(() => a)()",
    "list.map((x) => x.sku)",
    String.raw`/\(?<=x/.test(a) && /[(?<=]/.test(b)`,
    "  a\n",
  ])("may be any one expression: %s", (value) => {
    expect(expression(value)).toBeNull();
  });

  it.each([
    ["closes its own bracket", "1); alert(1"],
    ["closes and opens one", "a) || (b"],
    ["closes the function", "1)}; function x(){ return (1"],
    ["is a statement", "if (a) b"],
    ["is a declaration", "var a = 1"],
    ["holds two", "a; b"],
    ["ends in a comment that is not closed", "a /* b"],
    ["is an HTML comment", "--> a"],
    ["is empty but for a comment", "// a"],
    ["is no JavaScript", "a b"],
    ["waits", "await a"],
    ["imports", "import.meta.url"],
    ["returns", "return a"],
  ])("is refused where it %s", (_name, value) => {
    expect(expression(value)).toMatch(/^must be a single JavaScript expression/);
  });
});

describe("an expression's value is refused, with the reason,", () => {
  it.each(["x => x", "(x) => x", "function () { return 1 }", "((a) => a)", "class {}", "async () => 1"])(
    "where it is a function that nobody calls: %s",
    (value) => {
      expect(expression(value)).toMatch(/not a function: call it/);
    },
  );

  it.each(["/(?<=a)b/.test(c)", "c.match(/(?<!a)b/)?.[0]", String.raw`/\((?<=a)/.exec(c)`])(
    "where older browsers could not read the script: %s",
    (value) => {
      expect(expression(value)).toMatch(/lookbehind/);
    },
  );
});

describe("a simple value", () => {
  it.each([
    '"gold"',
    "'gold'",
    "42",
    "-1.5",
    "true",
    "`gold`",
    "r7k12_si",
    "dataLayer[0].user.id",
    "a['b c']",
    "window?.a?.[0].b",
    "this.a",
  ])("may be a literal or a path: %s", (value) => {
    expect(simple(value)).toBeNull();
  });

  it.each(["a()", "a + b", "a[b]", "a = 1", "/x/", TEMPLATE, "-a", "null", "new A"])(
    "may be nothing else: %s",
    (value) => {
      expect(simple(value)).toMatch(/must be a literal/);
    },
  );
});

describe("the compiled setup", () => {
  const document = siteSchema.parse({
    name: "Shop",
    entities: [
      { name: "plain", type: "simple", scope: "session", value: "crm.id // theirs" },
      { name: "quoted", type: "simple", scope: "page_view", value: '"</script>"' },
    ],
    consent: "required",
    global_privacy_control: "ignored",
  });

  it("is plain code that reads the page's variables when it is asked to", () => {
    const page = { crm: { id: 1 } };
    const setup = runInNewContext(`(${compileSetup("shop", document)})`, page);
    expect(setup).toMatchObject({ site: "shop", consent: "pending", gpc: false });
    expect(setup.entities.map(({ value }: { value: () => unknown }) => value())).toEqual([1, "</script>"]);
    page.crm = { id: 2 };
    expect(setup.entities[0].value()).toBe(2);
  });

  it.each([
    ["product.id", true],
    ["window.product.id", true],
    ["this.product['id']", true],
    ["product?.id", true],
    ["product", false],
    ["window.product", false],
    ["'product.id'", false],
    ["-1", false],
  ])("reads of %s the element that stands for its variable: %s", (value, isGuarded) => {
    const element = { id: "product", [Symbol.toStringTag]: "HTMLDivElement" };
    const page = { product: element as object };
    const site = siteSchema.parse({ name: "S", entities: [{ name: "e", type: "simple", scope: "session", value }] });
    const code = `var window = this; (${compileSetup("shop", site)})`;
    const [{ value: read }] = runInNewContext(code, page).entities;
    expect(`${read}`.includes("if(")).toBe(isGuarded);
    if (!isGuarded) return;
    expect(read()).toBe(element);
    page.product = { id: "P-7" };
    expect(read()).toBe("P-7");
  });

  it("says the document's version and the collector's address, where they are known", () => {
    const served = { version: 7, publicUrl: "https://calls.shop.example/cj" };
    const setup = runInNewContext(`(${compileSetup("shop", document, served)})`, {});
    expect(setup).toMatchObject({ version: 7, collector: "https://calls.shop.example/cj" });
    expect(compileSetup("shop", document)).not.toMatch(/version|collector/);
  });

  it("quotes what is text, so that no name can become code", () => {
    const setup = runInNewContext(`(${compileSetup('a"});alert("', document)})`, {});
    expect(setup.site).toBe('a"});alert("');
  });

  it("lets a throwing value throw where it is read, and nowhere before", () => {
    const read = runInNewContext(`(${readerOf("missing.id")})`, {});
    expect(read).toThrow(/missing is not defined/);
  });
});
