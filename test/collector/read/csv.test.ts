import { expect, test } from "vitest";
import { csv } from "../../../collector/read/csv";

test.each([
  ...[
    "-5",
    "-0.5",
    "+14045550199",
    "+44 20 7946 0112",
    "-1,234.50",
    "-1\u202f234,50",
    "-.5",
    "-1e-7",
    "-12.5%",
    "-12,5 %",
  ],
  ...["-£5", "-5 €", "-", "--", "a-b", "a; b", "a\tb", "off; -20 %"],
])("a text that runs nothing stays itself: %s", (text) => {
  expect(csv([["x", text]])).toBe(csv([["x", 0]]).replace("0", () => (/[,]/.test(text) ? `"${text}"` : text)));
});

test.each([
  ["=1+1", "'=1+1"],
  ["+1+1", "'+1+1"],
  ["-1+1", "'-1+1"],
  ["-1+cmd|' /C calc'!A0", "'-1+cmd|' /C calc'!A0"],
  ["@SUM(A1)", "'@SUM(A1)"],
  ["\uff1d1", "'\uff1d1"],
  [" =1", "' =1"],
  ["\t=1", "\t'=1"],
  // Where `;` is the separator, another cell begins there, and a line at each line break.
  ["a;=1;b", "a;'=1;b"],
  ["a; @b", "a;' @b"],
])("a formula is none any more: %j", (text, inert) => expect(csv([[text]])).toBe(`${inert}\n`));

test("nor is one behind a line break, or in a list", () => {
  expect(csv([["a\n=1"], ["\r=1"], [["=1", "b"]]])).toBe('"a\n\'=1"\n"\r\'=1"\n\'=1|b\n');
});
