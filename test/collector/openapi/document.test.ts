import { expect, it } from "vitest";
import { openApi } from "../../../collector/openapi/document";

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

it("says every status of success and every type of an answer", () => {
  const json = { "application/json": {} };
  expect(openApi().paths).toMatchObject({
    "/v1/sites/{site}": { put: { responses: { 200: { content: json }, 201: { content: json } } } },
    "/v1/calls/{site}/{vendor}": { post: { responses: { 200: { content: { ...json, "*/*": {} } }, 202: {} } } },
    "/v1/sites/{site}/tables/{type}": {
      get: { responses: { 200: { content: { ...json, "application/x-ndjson": {}, "text/csv": {} } } } },
    },
    "/v1/sites/{site}/conversions/{file}": { get: { responses: { 200: { content: { "text/csv": {} } } } } },
    "/v1/sites/{site}/live": { get: { responses: { 200: { content: { "text/event-stream": {} } } } } },
    "/t/{site}.js": { get: { responses: { 200: { content: { "text/javascript": {} } } } } },
    "/metrics": { get: { responses: { 200: { content: { "text/plain": {} } } } } },
  });
});
