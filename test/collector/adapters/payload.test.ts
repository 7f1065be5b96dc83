import { describe, expect, test } from "vitest";
import { count, payloadOf, text } from "../../../collector/intake/adapters/payload";

const FORM = "application/x-www-form-urlencoded";
const read = (type: string, body: string, query = "") => payloadOf(type, Buffer.from(body), new URLSearchParams(query));

describe("a payload", () => {
  test.each([
    ["application/json; charset=utf-8", '{"a":"1","b":{"c":2}}', { a: "1", b: { c: 2 } }],
    ["", '{"a":1}', { a: 1 }],
    ["text/plain", '{"a":1}', { a: 1 }],
    [FORM, "a=1&b=%2B44+20&c=", { a: "1", b: "+44 20", c: "" }],
    [`${FORM}; charset=UTF-8`, "a=%C3%A4", { a: "ä" }],
    [
      "application/xml",
      "<?xml version='1.0'?>\n<call><a>1</a><b x='y'> t </b><c/></call>",
      { a: "1", b: " t ", c: "" },
    ],
    ["text/xml", "<r><a>1 &amp; 2 &lt; &#51; &#x34; &apos;</a></r>", { a: "1 & 2 < 3 4 '" }],
    ["text/xml", "<r><a><![CDATA[<b>1 & 2</b>]]></a><!-- <c>3</c> --></r>", { a: "<b>1 & 2</b>" }],
    ["text/xml", "<r><i><a>1</a></i><__proto__>2</__proto__></r>", { a: "1" }],
  ])("of type %j is read: %s", (type, body, fields) => expect(read(type, body)).toEqual(fields));

  test("can be the query alone, or come with one, which it overrules; the token is not kept", () => {
    expect(read("", "", "a=1&b=2&token=t")).toEqual({ a: "1", b: "2" });
    expect(read(FORM, "a=3&token=u", "a=1&b=2&token=t")).toEqual({ a: "3", b: "2" });
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
  ])("of type %s that is none, or not safe to read, is refused", (type, body) => {
    expect(() => read(type, body)).toThrowError(expect.objectContaining({ status: 400 }));
  });

  test("cannot reach every object by a form's field", () => {
    expect(Object.getPrototypeOf(read(FORM, "__proto__=x&a=1"))).toBe(Object.prototype);
  });

  test("that is made to be slow to read is read, or refused, at once", () => {
    const start = performance.now();
    for (const part of ["<a>", "<a><![CDATA[", "<!--", "&#x"]) {
      try {
        read("text/xml", part.repeat(Math.floor(65_000 / part.length)));
      } catch {}
    }
    expect(performance.now() - start).toBeLessThan(2_000);
  });
});

describe("a field", () => {
  const payload = {
    a: "",
    b: " ",
    c: null,
    d: false,
    e: 0,
    f: " x ",
    g: { h: { i: 7 } },
    j: "125",
    k: "125.9",
    l: "-3",
    "m.n": "o",
  };

  test.each<[string[], string | null]>([
    [["a"], null],
    [["b", "c", "nothing"], null],
    [["a", "f"], "x"],
    [["d"], "false"],
    [["e"], "0"],
    [["g"], null],
    [["g.h.i"], "7"],
    [["m.n"], "o"],
    [["g.h.constructor", "toString", "f.length"], null],
  ])("of %j says %j", (paths, said) => expect(text(payload, ...paths)).toBe(said));

  test.each([
    ["j", 125],
    ["k", 125],
    ["l", 0],
    ["f", 0],
    ["a", 0],
  ])("%s counts %i", (path, counted) => expect(count(payload, path)).toBe(counted));
});
