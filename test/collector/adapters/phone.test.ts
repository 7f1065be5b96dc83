import { expect, test } from "vitest";
import { phoneOf } from "../../../collector/intake/adapters/phone";

test.each([
  ["+14045550123", undefined, "+14045550123"],
  ["+1 (404) 555-0123", undefined, "+14045550123"],
  ["+1 404 555 0123 ext. 5", undefined, "+14045550123"],
  ["tel:+44-20-7946-0018", undefined, "+442079460018"],
  ["sip:+14045550123@gateway.example;user=phone", undefined, "+14045550123"],
  ["+44 (0)20 7946 0018", undefined, "+442079460018"],
  ["0044 20 7946 0018", undefined, "+442079460018"],
  ["202-555-0123", "US", "+12025550123"],
  ["020 7946 0018", "GB", "+442079460018"],
  ["380445550123", undefined, "+380445550123"],
  ["380445550123", "UA", "+380445550123"],
  ["0445550123", "UA", "+380445550123"],
  ["84955550123", "RU", "+74955550123"],
  ["14045550123", "UA", "+14045550123"],
  ["+49 30 23125 001", "US", "+493023125001"],
])("%j, of %s, is %s", (text, country, e164) => expect(phoneOf(text, country)).toBe(e164));

test.each([
  ["4520123456", "+", "+4520123456"],
  ["4740123456", "+", "+4740123456"],
  ["6581234567", "+US", "+6581234567"],
  ["3225551234", "+", "+3225551234"],
  ["498912345", "+", "+498912345"],
  ["14155550101", "+", "+14155550101"],
  // As the caller's network wrote it.
  ["020 7946 0018", "+GB", "+442079460018"],
])("%j, of a vendor whose numbers are international (%s), is %s", (text, country, e164) =>
  expect(phoneOf(text, country)).toBe(e164),
);

test.each([
  ["anonymous", "US"],
  ["Restricted", undefined],
  ["unavailable", undefined],
  ["client:ada", undefined],
  ["", "US"],
  [null, "US"],
  ["100", "GB"],
  // Without its country it may be a number of any.
  ["202-555-0123", undefined],
  ["2025550123", undefined],
  // What Twilio writes for anonymous, restricted, blocked, unavailable and unknown.
  ["+266696687", undefined],
  ["+7378742833", undefined],
  ["+2562533", undefined],
  ["+86282452253", undefined],
  ["+8656696", undefined],
  // The same with the country of who was called, or without a plus.
  ["+17378742833", undefined],
  ["737-874-2833", "US"],
  ["17378742833", undefined],
  ["+1266696687", undefined],
  ["266696687", "PT"],
  ["8656696", "IS"],
  ["+186282452253", undefined],
  ["+2562533", "+"],
  ["+10000000000", undefined],
  ["0000000000", "US"],
])("%j, of %s, is none", (text, country) => expect(phoneOf(text, country)).toBeNull());
