import { describe, expect, test } from "vitest";
import { refusedOrRead } from "./reading";

describe("a mapping of a site's own", () => {
  const custom = (mapping: object, payload: object, more = {}) =>
    refusedOrRead("custom", payload, { mapping: { id: "id", time: { from: "at" }, ...mapping }, ...more });
  const AT = "2026-11-20 10:00:00";
  const base = { id: "1", at: AT };

  test.each<[string, object, object, object]>([
    ["an id of several fields", { id: { join: ["a", "b"] } }, { at: AT, a: "x", b: 7 }, { transaction_id: "x-7" }],
    [
      "date and time apart",
      { time: { date: "day", from: "at", format: "dd/MM/yyyy HH:mm" } },
      { ...base, at: "10:00", day: "20/11/2026" },
      call(),
    ],
    [
      "a zone by a path",
      { time: { from: "at", zone: { path: "zone" } } },
      { ...base, at: "2026-11-20 05:00:00", zone: "America/New_York" },
      call(),
    ],
    [
      "microseconds",
      { time: { from: "at", format: "epoch_us" } },
      { ...base, at: "1795168800123456" },
      { ts: 1795168800123, ts_unit: "ms" },
    ],
    [
      "an end and a duration in minutes",
      { time: { from: "at", is: "end" }, duration: { from: "long", unit: "min" } },
      { ...base, at: "2026-11-20 10:02:00", long: "2" },
      { ...call(), duration_s: 120 },
    ],
    ["milliseconds", { duration: { from: "long", unit: "ms" } }, { ...base, long: 95400 }, { duration_s: 95 }],
    [
      "a duration between two times",
      { duration: { since: "at", from: "end" } },
      { ...base, end: "2026-11-20 10:01:35" },
      { duration_s: 95 },
    ],
    ["HH:MM:SS", { duration: { from: "long" } }, { ...base, long: "01:02:05" }, { duration_s: 3725 }],
    ...["2m 5s", "125 sec", "PT2M5S", "0h 2min 5s", "125 s"].map((long): [string, object, object, object] => [
      `spelled: ${long}`,
      { duration: { from: "long" } },
      { ...base, long },
      { duration_s: 125 },
    ]),
    ...["125 ms", "PT", "P1D", "5 apples", ""].map((long): [string, object, object, object] => [
      `no duration: ${long}`,
      { duration: { from: "long" } },
      { ...base, long },
      { duration_s: null },
    ]),
    ["MM:SS", { duration: { from: "long" } }, { ...base, long: "02:05" }, { duration_s: 125 }],
    [
      "cents",
      { total: { from: "sum", minor_digits: 2, currency: { value: "EUR" } } },
      { ...base, sum: 1234 },
      { total: { value: 12.34, currency: "EUR" } },
    ],
    ...["49,90", "4990.55", 49.9].map((sum): [string, object, object, object] => [
      `no part of a cent: ${JSON.stringify(sum)}`,
      { total: { from: "sum", minor_digits: 2 } },
      { ...base, sum },
      { reason: "invalid", detail: `sum: ${JSON.stringify(sum)} is not an amount, or is ambiguous` },
    ]),
    [
      "a decimal comma",
      { total: { from: "sum", decimal: "," } },
      { ...base, sum: "1.234" },
      { total: { value: 1234, currency: null } },
    ],
    [
      "an outcome by its table",
      { answered: { from: "how", values: { ok: true, "*": false } } },
      { ...base, how: "lost" },
      { answered: false },
    ],
    [
      "an outcome by a number",
      { answered: { from: "talk", values: { "*": true } } },
      { ...base, talk: "0" },
      { answered: false },
    ],
    [
      "a capture",
      { context_id: { path: "note", match: "visitor=(\\w+)" } },
      { ...base, note: "visitor=abcdefgh12 x" },
      { own_id: "abcdefgh12" },
    ],
    [
      "a revision by a table",
      { revision: { from: "how", values: { end: 2 } } },
      { ...base, how: "END" },
      { revision: 2 },
    ],
    [
      "a condition that holds",
      { only: [{ at: "kind", is: ["call"] }], not: [{ at: "test", is: ["true"] }] },
      { ...base, kind: "Call" },
      { transaction_id: "1" },
    ],
    [
      "a condition that does not",
      { only: [{ at: "kind", is: ["call"] }] },
      { ...base, kind: "fax" },
      { reason: "unknown_type", detail: 'kind: "fax" is not a call' },
    ],
    [
      "what it must not be",
      { not: [{ at: "test", is: ["true"] }] },
      { ...base, test: true },
      { reason: "unknown_type" },
    ],
    [
      "a zone that there is not",
      { time: { from: "at", zone: { path: "zone" } } },
      { ...base, zone: "Mars" },
      { reason: "invalid" },
    ],
    [
      "a QProtocol event beside its own format",
      {},
      { meta: { type: "ecBasketTransactionSummary", ts: 1795168800 }, transaction: { id: "q" } },
      { transaction_id: "q" },
    ],
  ])("reads %s", (_name, mapping, payload, expected) => expect(custom(mapping, payload)).toMatchObject(expected));

  function call() {
    return { ts: Date.parse("2026-11-20T10:00:00Z"), ts_unit: "s" };
  }
});
