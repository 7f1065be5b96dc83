/** Phone numbers as vendors write them. */
import { createRequire } from "node:module";
import type * as Library from "libphonenumber-js/max";
import type { Mapping } from "../../wire/mapping";
import type { Vendor } from "../../wire/site";
import { remembered } from "./remembered";

export interface Phone {
  /** Null for one that no country has. */
  e164: string | null;
  /** Its digits without the country's. */
  national: string;
}

/** A withheld number as the letters of ANONYMOUS, RESTRICTED, BLOCKED, UNKNOWN and UNAVAILABLE on the keypad (support.twilio.com, 223179988). */
const WITHHELD = /^1?(266696687|7378742833|2562533|8656696|86282452253)$/;

/** Digits of any number that is written without its country: fewer could be read as another country's number. */
const INTERNATIONAL = 11;

/** What may be somebody's number though no country has it. */
const LIKELY = /^\+?[\d\s().\-/\u2010-\u2015]{7,}$/;

/**
 * The number that a text is, by libphonenumber's data. Null for what is none: `anonymous`, extensions, and what stands for a withheld one.
 * `country` is as `countryOf` says.
 */
export function phoneOf(text: string | null, country = ""): string | null {
  return numberIn(text, country)?.e164 ?? null;
}

/** The same, of a number that no country has, too: it may be somebody's all the same. */
export function numberIn(text: string | null, country = ""): Phone | null {
  // A site's own numbers are in every call, and a caller's several times in one.
  return text === null || text.length > 100 ? null : numberOf(`${country} ${text}`);
}

/** The country (GB) of numbers that are written without one; after a `+` where they begin with it also without theirs. */
export function countryOf(
  { country, international }: Pick<Mapping, "country" | "international">,
  vendor: Vendor,
): string {
  return `${international ? "+" : ""}${vendor.country ?? country ?? ""}`;
}

/** libphonenumber with its data of all countries, read for the first number: a start need not wait for it. */
const library = remembered((name): typeof Library => createRequire(import.meta.url)(name));

/** Whether numbers can be a country's: `UK` is none, which is GB (ISO 3166). */
export function isCountry(code: string): boolean {
  return library("libphonenumber-js/max").isSupportedCountry(code);
}

const numberOf = remembered((asked): Phone | null => {
  const [before = "", international, code] = /^(\+?)([A-Z]{2})? /.exec(asked) ?? [];
  const country = code as Library.CountryCode | undefined;
  const bare = asked
    .slice(before.length)
    .trim()
    .replace(/^(sips?|tel):|@.*$/gi, "");
  const digits = bare.replace(/\D/g, "");
  if (WITHHELD.test(digits)) return null;
  const written = bare.startsWith("+") ? bare : digits.startsWith("00") ? `+${digits.slice(2)}` : null;
  const local = country ? [bare] : [];
  const long = digits.length >= INTERNATIONAL ? [...local, `+${digits}`] : local;
  const guesses = written ? [written] : international ? [`+${digits}`, ...local] : long;
  const found = guesses.flatMap(
    (guess) => library("libphonenumber-js/max").parsePhoneNumberFromString(guess, country) ?? [],
  );
  const valid = found.find((one) => one.isValid());
  const national: string = (valid ?? found[0])?.nationalNumber ?? digits.replace(/^0+/, "");
  return valid || (LIKELY.test(bare) && national.length > 5) ? { e164: valid?.number ?? null, national } : null;
});
