import { describe, expect, it } from "vitest";
import { readQProtocol } from "../../../collector/intake/adapters/qprotocol";
import { faults } from "../../../collector/wire/common";
import { siteSchema } from "../../../collector/wire/site";
import { envelopeSchema, snapshotSchema } from "../../../collector/wire/snapshots";

const said = (
  document: unknown,
  schema: typeof siteSchema | typeof envelopeSchema | typeof snapshotSchema = siteSchema,
) => {
  const parsed = schema.safeParse(document);
  return parsed.success ? [] : faults(parsed.error).map(({ path, message }) => `${path}: ${message}`);
};
const entity = { name: "a", type: "simple", scope: "session", value: "a" };
const vendor = { name: "v", adapter: "qprotocol" };

describe("faults of a document are told in words of ours, each at its own place", () => {
  it.each([
    [{}, ["name: is missing; it must be text"]],
    [{ name: 7 }, ["name: must be text"]],
    [{ name: "" }, ["name: must not be empty"]],
    [{ name: "x".repeat(201) }, ["name: must have at most 200 characters"]],
    [{ name: "s", colour: "red", nmae: 1 }, [": has unknown fields colour, nmae"]],
    [{ name: "s", window_days: 0 }, ["window_days: must be at least 1"]],
    [{ name: "s", window_days: 1.5 }, ["window_days: must be a whole number"]],
    [{ name: "s", window_days: 4000 }, ["window_days: must be at most 3650"]],
    [{ name: "s", consent: "maybe" }, ["consent: must be one of not_required, required"]],
    [{ name: "s", entities: {} }, ["entities: must be a list"]],
    [{ name: "s", entities: [{ ...entity, scope: "page" }] }, ["entities.0.scope: must be one of session, page_view"]],
    [{ name: "s", entities: Array(201).fill(entity) }, ["entities: must have at most 200 entries"]],
    [
      { name: "s", vendors: [{ ...vendor, name: "a b" }] },
      ["vendors.0.name: must be 1–64 letters, digits, . _ -, beginning with a letter or digit"],
    ],
    [
      { name: "s", vendors: [{ ...vendor, bridge: { type: "smoke" } }] },
      ["vendors.0.bridge.type: must be one of infinity, cookie, field, tel"],
    ],
    [{ name: "s", webhooks: [{ name: "w", on: [] }] }, ["webhooks.0.on: must not be empty"]],
    [null, [": must be an object"]],
  ])("%j", (document, expected) => {
    expect(said(document)).toEqual(expected);
  });

  it("so are those of what browsers and vendors send", () => {
    expect(said({ v: 2 }, envelopeSchema)).toContain("v: must be 1");
    const snapshot = { view_id: "v", session_id: "s", seq: 0, at: 1 };
    expect(said({ ...snapshot, entities: { "a b": 1 } }, snapshotSchema)).toEqual([
      "entities.a b: is not a valid entity name: use letters, digits and _, beginning with a letter or _",
    ]);
    expect(readQProtocol({ meta: { ts: "1516810598" } }, "hash")).toEqual({
      reason: "invalid",
      detail: "meta.type: is missing; it must be text; transaction: is missing; it must be an object",
    });
  });
});
