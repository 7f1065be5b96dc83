import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { eventsOf, readQProtocol } from "../../../collector/intake/adapters/qprotocol";

const meta = { type: "ecBasketTransactionSummary", ts: 1516810598 };
const read = (changes: Record<string, unknown> = {}, keep: "hash" | "full" | "none" = "hash") =>
  readQProtocol({ meta, transaction: { id: "09890809" }, context: { id: "some-context" }, ...changes }, keep);

describe("a QProtocol event", () => {
  it("is read with all that it says", () => {
    const url = "https://shop.example/p";
    const total = { value: 9.99, currency: "gbp" };
    expect(read({ meta: { ...meta, url, source: "x@1" }, basket: { total } })).toEqual({
      type: "ecBasketTransactionSummary",
      transaction_id: "09890809",
      ts: 1516810598000,
      ts_unit: "s",
      own_id: "some-context",
      own_is_alias: false,
      url,
      source: "x@1",
      total: { value: 9.99, currency: "GBP" },
      duration_s: null,
      answered: null,
      caller: null,
      caller_sha256: null,
      dialled: null,
      revision: 0,
    });
  });

  it("may tell of the call itself", () => {
    const call = {
      duration_s: "95",
      answered: true,
      direction: "inbound",
      caller: "+14045550123",
      dialled: "+1 404 555 0199",
    };
    const said = { duration_s: 95, answered: true, dialled: "+14045550199" };
    const caller_sha256 = createHash("sha256").update("+14045550123").digest("hex");
    expect(read({ call })).toMatchObject({ ...said, caller: null, caller_sha256 });
    expect(read({ call }, "full")).toMatchObject({ ...said, caller: "+14045550123", caller_sha256 });
    expect(read({ call }, "none")).toMatchObject({ ...said, caller: null, caller_sha256: null });
    expect(read({ call: { caller: null, answered: false, duration_s: 0 } })).toMatchObject({
      caller_sha256: null,
      answered: false,
      duration_s: 0,
    });
  });

  it.each([
    [{ duration_s: 1.5 }, "invalid", "call.duration_s"],
    [{ duration_s: -1 }, "invalid", "call.duration_s"],
    [{ answered: "maybe" }, "invalid", "call.answered"],
    [{ direction: "outbound" }, "unknown_type", "outbound"],
  ])("whose call is %j is refused as %s, with %s", (call, reason, part) => {
    expect(read({ call })).toMatchObject({ reason, detail: expect.stringContaining(part) });
  });

  it.each([
    [1516810598, 1516810598000, "s"],
    ["1516810598", 1516810598000, "s"],
    [1516810598123, 1516810598123, "ms"],
    ["1516810598123", 1516810598123, "ms"],
  ])("has its time in seconds or milliseconds, by its digits: %j", (ts, ms, unit) => {
    expect(read({ meta: { ...meta, ts } })).toMatchObject({ ts: ms, ts_unit: unit });
  });

  it.each([
    ["someco.trPackageTransactionSummary", "trPackageTransactionSummary"],
    ["a.b.fiBasketTransactionSummary", "fiBasketTransactionSummary"],
  ])("may have a namespace before its type: %s", (type, known) => {
    expect(read({ meta: { ...meta, type } })).toMatchObject({ type: known });
  });

  it.each([
    ["another type", { meta: { ...meta, type: "ecProduct" } }, "unknown_type", "ecProduct"],
    ["no type", { meta: { ts: 1516810598 } }, "invalid", "meta.type"],
    ["no time", { meta: { type: meta.type } }, "invalid", "meta.ts"],
    ["a time of 9 digits", { meta: { ...meta, ts: 151681059 } }, "invalid", "meta.ts"],
    ["a time with a fraction", { meta: { ...meta, ts: 1516810598.5 } }, "invalid", "meta.ts"],
    ["no transaction", { transaction: undefined }, "invalid", "transaction"],
    ["an empty transaction id", { transaction: { id: "" } }, "invalid", "transaction.id"],
    ["a transaction id that JSON has rounded", { transaction: { id: 2 ** 60 } }, "invalid", "transaction.id"],
    [
      "a currency that is none",
      { basket: { total: { value: 1, currency: "POUND" } } },
      "invalid",
      "basket.total.currency",
    ],
    ["a total that is no number", { basket: { total: { value: "ten" } } }, "invalid", "basket.total.value"],
  ])("with %s is refused, and told where", (_name, changes, reason, where) => {
    expect(read(changes)).toMatchObject({ reason, detail: expect.stringContaining(where) });
  });

  it.each([
    ["absent", undefined, null],
    ["without an id", {}, null],
    ["empty", { id: "" }, null],
    ["null", { id: null }, null],
    ["no object", "x", null],
    ["a number", { id: 12345678 }, "12345678"],
    ["an object", { id: { a: 1 } }, '({"a":1})'],
  ])("may have a context that is %s", (_name, context, own_id) => {
    expect(read({ context })).toMatchObject({ own_id });
  });

  it("may carry the whole cookie of the SDK: the id at its head is the id", () => {
    const minted = "6o2diu81w9o-0irxltk5b-u9t1cv4";
    const idOf = (id: unknown) => (read({ context: { id } }) as { own_id: string | null }).own_id;
    expect(idOf(`${minted}.k2v9f7e0zz.0irxltk5b.7`)).toBe(minted);
    expect(idOf(minted)).toBe(minted);
    // An id of somebody else's may have points, and may have ours within it.
    expect(idOf("visitor.12.345678")).toBe("visitor.12.345678");
    expect(idOf(`shop.${minted}.1`)).toBe(`shop.${minted}.1`);
  });

  it("may have its total as text, or none", () => {
    expect(read({ basket: { total: { value: "9.99", currency: "GBP" } } })).toMatchObject({ total: { value: 9.99 } });
    expect(read({ basket: { total: { value: 0 } } })).toMatchObject({ total: { value: 0, currency: null } });
    expect(read({ basket: {} })).toMatchObject({ total: null });
    expect(read({ basket: { total: null } })).toMatchObject({ total: null });
    expect(read({ basket: { total: { value: "", currency: "" } } })).toMatchObject({ total: null });
    expect(read({ basket: { total: { value: 1, currency: "" } } })).toMatchObject({
      total: { value: 1, currency: null },
    });
  });

  it("of a trip may have its total on the package; no other type may", () => {
    const changes = { package: { total: { value: 5, currency: "EUR" } } };
    expect(read({ ...changes, meta: { ...meta, type: "trPackageTransactionSummary" } })).toMatchObject({
      total: { value: 5 },
    });
    expect(read(changes)).toMatchObject({ total: null });
  });

  it("reads a number as its transaction's string", () => {
    expect(read({ transaction: { id: 9890809 } })).toMatchObject({ transaction_id: "9890809" });
  });

  it("comes in a list, bare or under `events`", () => {
    expect(eventsOf([1])).toEqual([1]);
    expect(eventsOf({ events: [] })).toEqual([]);
    for (const body of [{}, null, "x", { events: {} }]) expect(eventsOf(body)).toBeNull();
    for (const events of [Array(20_001).fill({}), Array(500_000).fill(0)])
      for (const body of [events, { events }]) expect(() => eventsOf(body)).toThrow("too many events");
  });
});
