/** Phone numbers as vendors write them. */
import { createRequire } from "node:module";
import type * as Library from "libphonenumber-js/max";
import { remembered } from "./remembered";

export interface Phone {
  e164: string;
  /** Its digits without the country's. */
  national: string;
}

/** Digits of any number that is written without its country: fewer could be read as another country's number. */
const INTERNATIONAL = 11;

/**
 * The number that a text is, by libphonenumber's data. Null for what is none: `anonymous`, extensions, and the numbers that stand for a
 * withheld one, such as Twilio's +266696687, which no country has. `country` (GB) is that of numbers that are written without one.
 */
export function phoneOf(text: string | null, country = ""): Phone | null {
  // A site's own numbers are in every call, and a caller's several times in one.
  return text === null || text.length > 100 ? null : numberOf(`${country} ${text}`);
}

/** libphonenumber with its data of all countries, read for the first number: a start need not wait for it. */
const library = remembered((name): typeof Library => createRequire(import.meta.url)(name));

/** Whether numbers can be a country's: `UK` is none, which is GB (ISO 3166). */
export function isCountry(code: string): boolean {
  return library("libphonenumber-js/max").isSupportedCountry(code);
}

const numberOf = remembered((asked): Phone | null => {
  const country = /^[A-Z]{2}(?= )/.exec(asked)?.[0] as Library.CountryCode | undefined;
  const bare = asked
    .slice(country?.length ?? 0)
    .trim()
    .replace(/^(sips?|tel):|@.*$/gi, "");
  const digits = bare.replace(/\D/g, "");
  const written = bare.startsWith("+") ? bare : digits.startsWith("00") ? `+${digits.slice(2)}` : null;
  const local = country ? [bare] : [];
  const guesses = written ? [written] : digits.length >= INTERNATIONAL ? [...local, `+${digits}`] : local;
  for (const guess of guesses) {
    const found = library("libphonenumber-js/max").parsePhoneNumberFromString(guess, country);
    if (found?.isValid()) return { e164: found.number, national: found.nationalNumber };
  }
  return null;
});
