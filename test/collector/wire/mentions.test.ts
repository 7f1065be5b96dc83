import { describe, expect, it } from "vitest";
import { idsIn, spellings } from "../../../collector/wire/mentions";

const MINTED = "6o2diu81w9o-0irxltk5b-u9t1cv4";

describe("ids in a text", () => {
  it.each([
    ["a value of JSON", MINTED, JSON.stringify({ context: { id: MINTED } })],
    ["a cookie", MINTED, JSON.stringify({ cookies: `a=b; calljoin=${MINTED}.1.2.3; c=d` })],
    ["within other text", MINTED, `x${MINTED}y`],
    ["a text that is no JSON", "visitor-1", '{"id":"visitor-1", broken'],
    ["a form, escaped", "visitor:1", "a=b&id=visitor%3A1"],
    ["a name before it", "visitor-1", "id:visitor-1"],
    ["a value with odd characters", 'gbr0 "ä"', JSON.stringify({ vid: 'gbr0 "ä"' })],
    ["a number", "12345678", '{"vid":12345678,"x":1}'],
  ])("are found as %s", (_name, id, text) => {
    expect(idsIn(text)).toContain(id);
  });

  it("are spelled as they are in JSON, in JSON within JSON, and in a URL", () => {
    const id = 'gbr0 "ä';
    for (const text of [
      id,
      JSON.stringify([id]),
      JSON.stringify([JSON.stringify([id])]),
      `?v=${encodeURIComponent(id)}`,
    ]) {
      expect(spellings(id).some((spelling) => text.includes(spelling))).toBe(true);
    }
  });
});
