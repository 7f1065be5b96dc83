import { describe, expect, test } from "vitest";
import { exactJson, payloadsOf } from "../../../collector/intake/adapters/body";
import type { Mapping } from "../../../collector/wire/mapping";

const FORM = "application/x-www-form-urlencoded";
const PLAIN: Mapping = { id: "id", time: { from: "t" } };

function readAll(contentType: string, body: string, query = "", mapping: Partial<Mapping> = {}, headers = {}) {
  const asked = { contentType, raw: Buffer.from(body), query: new URLSearchParams(query), headers };
  return payloadsOf(asked, { ...PLAIN, ...mapping });
}
const read = async (...asked: Parameters<typeof readAll>) => (await readAll(...asked))[0];

describe("a payload", () => {
  test.each([
    ["application/json; charset=utf-8", '{"a":"1","b":{"c":2}}', { a: "1", b: { c: 2 } }],
    ["", '{"a":1}', { a: 1 }],
    ["text/plain", '{"a":1}', { a: 1 }],
    [FORM, ' {"a":"+44 20"}', { a: "+44 20" }],
    [FORM, "\ufeff<r><a>1</a></r>", { a: "1" }],
    ["", "<r><a>1</a></r>", { a: "1" }],
    [FORM, "a=1&b=%2B44+20&c=", { a: "1", b: "+44 20", c: "" }],
    [`${FORM}; charset=UTF-8`, "a=%C3%A4", { a: "ä" }],
    [FORM, "a[b]=1&a[c][d]=2&e[0][f]=3&a=x&g]=4", { a: "x", e: { 0: { f: "3" } }, "g]": "4" }],
    [
      "application/xml",
      "<?xml version='1.0'?>\n<call><a>1</a><b x='y'> t </b><c/></call>",
      { a: "1", b: " t ", c: "" },
    ],
    ["text/xml", "<r><a>1 &amp; 2 &lt; &#51; &#x34; &apos;</a></r>", { a: "1 & 2 < 3 4 '" }],
    ["text/xml", "<r><a><![CDATA[<b>1 & 2</b>]]></a><!-- <c>3</c> --></r>", { a: "<b>1 & 2</b>" }],
    ["text/xml", "<r><i><a>1</a></i><__proto__>2</__proto__></r>", { a: "1" }],
    ["application/soap+xml", "<e:E xmlns:e='u'><e:B><r xmlns='v' id='7'><a>1</a></r></e:B></e:E>", { id: "7", a: "1" }],
    ["text/xml", "<r id='7'><a><b>1</b></a><c>2</c><c>3</c></r>", { id: "7", a: { b: "1" }, c: ["2", "3"] }],
  ])("of type %j is read: %s", async (type, body, fields) => expect(await read(type, body)).toEqual(fields));

  test.each([
    ["text/plain;charset=UTF-8", "a=1&b=2"],
    ["application/json", "a=1&b=2"],
    ["application/octet-stream", "\ufeffa=1&b=2"],
    ["", "a=1&b=2\r\n"],
  ])("is a form that begins as one, be it called %j", async (type, body) => {
    expect(await read(type, body)).toMatchObject({ a: "1" });
  });

  test.each<[string, string, BufferEncoding]>([
    ["application/json; charset=iso-8859-1", '{"a":"caf\u00e9"}', "latin1"],
    ["application/json", '\ufeff{"a":"caf\u00e9"}', "utf16le"],
    ["text/xml", "<?xml version='1.0' encoding='ISO-8859-1'?><r><a>caf\u00e9</a></r>", "latin1"],
    ["text/xml", "\ufeff<?xml version='1.0' encoding='UTF-16'?><r><a>caf\u00e9</a></r>", "utf16le"],
    [`${FORM}; charset=windows-1252`, "a=caf\u00e9", "latin1"],
    [`${FORM}; charset=windows-1252`, "a=caf%E9", "latin1"],
    // What is UTF-8 stays so, whatever it is called.
    [`${FORM}; charset=iso-8859-1`, "a=caf%C3%A9", "utf8"],
    ["application/json; charset=iso-8859-1", '{"a":"caf\u00e9"}', "utf8"],
    ["application/json; charset=nobodys", '{"a":"caf\u00e9"}', "utf8"],
  ])("of type %j is read in its own charset: %s", async (contentType, body, charset) => {
    const asked = { contentType, raw: Buffer.from(body, charset), query: new URLSearchParams(), headers: {} };
    expect(await payloadsOf(asked, PLAIN)).toEqual([{ a: "caf\u00e9" }]);
  });

  test("may be a multipart form, whose files do not count", async () => {
    const form = new FormData();
    form.set("a", "1");
    form.set("file", new Blob(["x"]), "x.txt");
    const response = new Response(form);
    const type = response.headers.get("content-type") ?? "";
    const body = await response.text();
    expect(await read(type, body)).toEqual({ a: "1" });
    await expect(read("multipart/form-data; boundary=other", body)).rejects.toMatchObject({ status: 400 });
  });

  test("can be the query alone, or come with one, which it overrules; the query's token is not kept", async () => {
    expect(await read("", "", "a=1&b=2&token=t")).toEqual({ a: "1", b: "2" });
    expect(await read(FORM, "a=3", "a=1&b=2&token=t")).toEqual({ a: "3", b: "2" });
  });

  test("keeps of headers and query what its mapping reads of them", async () => {
    const mapping = { id: { header: "X-Call" }, source: { query: "from" } };
    const kept = await read("", '{"a":1}', "from=x&b=2", mapping, { "x-call": "7", cookie: "secret" });
    expect(kept).toEqual({ a: 1, from: "x", b: "2", "@headers": { "x-call": "7" }, "@query": { from: "x" } });
  });

  test("may be a list, or hold one: each item with what stands around it", async () => {
    expect(await readAll("", '[{"a":1},{"a":2}]')).toEqual([{ a: 1 }, { a: 2 }]);
    const items = { body: { items: "Notifications" } };
    const all = await readAll("", '{"Id":"x","Notifications":[{"a":1},{"a":2}]}', "", items);
    expect(all).toEqual([1, 2].map((a) => ({ Id: "x", Notifications: [{ a }] })));
    expect(await readAll("text/xml", "<r><n>1</n><c><a>1</a></c></r>", "", { body: { items: "c" } })).toEqual([
      { n: "1", c: [{ a: "1" }] },
    ]);
    expect(await readAll("", '{"Id":"x","Notifications":"[{\\"a\\":1},{\\"a\\":2}]"}', "", items)).toEqual(all);
    for (const none of ['"a=1"', "7", '"[1]"'])
      await expect(readAll("", `{"Notifications":${none}}`, "", items)).rejects.toMatchObject({ status: 400 });
    for (const empty of ["[]", "null", '""'])
      expect(await readAll("", `{"Notifications":${empty}}`, "", items)).toEqual([]);
    expect(await readAll("", "[]")).toEqual([]);
    const xml = "<calls><call><a>1</a></call><call><a>2</a></call></calls>";
    expect(await readAll("text/xml", xml)).toEqual([{ a: "1" }, { a: "2" }]);
  });

  test("may be a long list, but no endless one, nor one around whose items too much would be repeated", async () => {
    expect(await readAll("", JSON.stringify(Array(20_000).fill({})))).toHaveLength(20_000);
    await expect(readAll("", JSON.stringify(Array(20_001).fill({})))).rejects.toMatchObject({ status: 400 });
    const items = { body: { items: "n" } };
    const around = (size: number) =>
      readAll("", JSON.stringify({ a: "x".repeat(size), n: Array(5_000).fill({}) }), "", items);
    expect(await around(1_000)).toHaveLength(5_000);
    await expect(around(10_000)).rejects.toMatchObject({ status: 400 });
  });

  test("may be JSON in a field of a form, of the query, or of another JSON", async () => {
    const body = { body: { field: "payload" } };
    const json = encodeURIComponent('{"a":1}');
    expect(await read("", "", `payload=${json}&b=2`, body)).toEqual({ a: 1, b: "2" });
    expect(await read("", '{"payload":"{\\"a\\":1}","b":2}', "", body)).toEqual({ a: 1, b: 2 });
    expect(await read(FORM, `payload=${encodeURIComponent('{"a":1}')}&b=2`, "", body)).toEqual({ a: 1, b: "2" });
    await expect(read(FORM, "payload=%7B", "", body)).rejects.toMatchObject({ status: 400 });
    expect(await read(FORM, "other=1", "", body)).toEqual({ other: "1" });
  });

  test("is what its mapping says it is, whatever the content type", async () => {
    expect(await read("text/plain", "a=1", "", { body: { as: "form" } })).toEqual({ a: "1" });
    expect(await read(FORM, '{"a":"1=2"}', "", { body: { as: "json" } })).toEqual({ a: "1=2" });
  });

  test.each([
    ["application/json", "{"],
    ["application/json", "[1]"],
    ["application/json", '"text"'],
    ["application/json", '{"__proto__":{"a":1}}'],
    ["application/xml", "<!DOCTYPE r [<!ENTITY a 'aaaa'>]><r><b>&a;</b></r>"],
    ["application/xml", "<r>"],
    ["application/xml", "<r><a>&unknown;</a></r>"],
    ["application/xml", "<r><a>&#x110000;</a></r>"],
    ["application/xml", "no xml"],
    ["application/xml", `<r><a>${"x".repeat(70_000)}</a></r>`],
    ["application/xml", `${"<a>".repeat(100)}${"</a>".repeat(100)}`],
  ])("of type %s that is none, or not safe to read, is refused", async (type, body) => {
    await expect(read(type, body)).rejects.toMatchObject({ status: 400 });
  });

  test("cannot reach every object by a form's field", async () => {
    expect(Object.getPrototypeOf(await read(FORM, "__proto__=x&a=1"))).toBe(Object.prototype);
    expect(await read(FORM, "a[__proto__][b]=x&a[constructor][b]=y")).toEqual({ a: { constructor: { b: "y" } } });
    expect(({} as { b?: string }).b).toBeUndefined();
  });

  test("that is made to be slow to read is read, or refused, at once", async () => {
    const before = process.cpuUsage();
    for (const part of ["<a>", "<a><![CDATA[", "<!--", "&#x"]) {
      await read("text/xml", part.repeat(Math.floor(65_000 / part.length))).catch(() => {});
    }
    expect(process.cpuUsage(before).user / 1_000).toBeLessThan(2_000);
  });
});

describe("a whole number beyond 2^53", () => {
  test.each([
    ['{"id":12345678901234567890}', { id: "12345678901234567890" }],
    ['{"id":-12345678901234567890,"b":[9007199254740993]}', { id: "-12345678901234567890", b: ["9007199254740993"] }],
    ['{"id":9007199254740991}', { id: 9007199254740991 }],
    [
      '{"id":"12345678901234567890","t":"\\"12345678901234567890"}',
      { id: "12345678901234567890", t: '"12345678901234567890' },
    ],
    ['{"v":0.1234567890123456,"w":1e21}', { v: 0.1234567890123456, w: 1e21 }],
  ])("stays itself: %s", (text, value) => expect(exactJson(text)).toEqual(value));

  test("does not make what is no JSON into some", () => {
    expect(() => exactJson("{12345678901234567890: 1 x}")).toThrow();
  });
});
