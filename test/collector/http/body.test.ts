import { describe, expect, it } from "vitest";
import { jsonOf } from "../../../collector/http/body";

const parse = (text: string | Buffer) => jsonOf(Buffer.from(text));

describe("a JSON body", () => {
  it("is what it says", () => {
    expect(parse('{"a":[1,"é"]}')).toEqual({ a: [1, "é"] });
  });

  it.each([
    ["empty", ""],
    ["no JSON", "{"],
    ["no UTF-8", Buffer.from([0x22, 0xff, 0x22])],
    ["nested too deep", `${"[".repeat(30_000)}${"]".repeat(30_000)}`],
  ])("is refused where it is %s", (_name, text) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ status: 400 }));
  });

  it("is refused for a key that reaches into every object, however it is spelled, with its path", () => {
    for (const text of ['{"a":[{"__proto__":1}]}', '{"a":[{"\\u005f_proto__":1}]}']) {
      expect(() => parse(text)).toThrow(
        expect.objectContaining({
          status: 400,
          extra: { errors: [{ path: "a.0.__proto__", message: "is not allowed" }] },
        }),
      );
    }
  });
});
