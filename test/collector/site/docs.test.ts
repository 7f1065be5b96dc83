import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { ADAPTERS, NATIVE, SIGNED } from "../../../collector/intake/adapters";
import { isCountry } from "../../../collector/intake/adapters/phone";
import { checkSite } from "../../../collector/site/check";
import { siteSchema } from "../../../collector/wire/site";

const docs = await readFile(new URL("../../../docs/vendors.md", import.meta.url), "utf8");
const examples = [...docs.matchAll(/```json\n(.*?)```/gs)].map(([, text = ""]) => JSON.parse(text));

test.each(examples)("an example of docs/vendors.md can be saved: %j", (example) => {
  const document = siteSchema.parse({ name: "Shop", ...("name" in example ? { vendors: [example] } : example) });
  expect(checkSite(document, { adapters: ADAPTERS, signed: SIGNED, isCountry })).toEqual([]);
});

test("docs/vendors.md names every format", () => {
  for (const name of NATIVE.keys()) expect(docs).toContain(`| \`${name}\` |`);
});

test.each([...NATIVE])("docs/vendors.md says what of %s was checked, and what was not", (name, { sources = [] }) => {
  const [, checked = ""] = docs.split("## What we checked");
  const [, against = "", open = ""] = new RegExp(`^\\| \`${name}\` \\| (.+) \\| (.+) \\|$`, "m").exec(checked) ?? [];
  expect(against).not.toBe("");
  expect(open === "–").toBe(!sources.some((source) => /unverified|single source/i.test(source)));
});
