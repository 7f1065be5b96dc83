import { expect, it } from "vitest";
import { openApi } from "../../../collector/read/openapi/document";

it("says where the collector is: at its public address, else at the host that was asked", () => {
  expect(openApi("https://www.shop.example/cj").servers).toEqual([{ url: "https://www.shop.example/cj" }]);
  expect(openApi().servers).toEqual([{ url: "/" }]);
});

it("says of erasing that it may take longer, and what is answered then", () => {
  expect(openApi().paths).toMatchObject({
    "/v1/sites/{site}/contexts/{context}": {
      delete: { responses: { 204: {}, 202: { description: expect.stringContaining("Retry-After") } } },
    },
  });
});
