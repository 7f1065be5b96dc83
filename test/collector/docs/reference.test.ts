import { expect, it } from "vitest";
import { referencePage } from "./reference";

it("docs/reference.md is what the schemas say; npm run docs makes it anew", async () => {
  await expect(referencePage()).toMatchFileSnapshot("../../../docs/reference.md");
});
