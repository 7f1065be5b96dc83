/** How many calls were conversions, and what they were worth. */
import type { ConversionCount } from "../store/counts";

/** Sums are rounded to one part in this many, a hundredth of the smallest coin. Sums of amounts are exact to that. */
const EXACT = 10_000;

/** One row for each key, in the order of the keys. */
export function worth(counts: ConversionCount[]): ConversionCount[] {
  const rows = new Map<string, ConversionCount>();
  for (const { key, conversions, value } of counts) {
    const row = rows.get(key) ?? { key, conversions: 0, value: {} };
    rows.set(key, row);
    row.conversions += conversions;
    for (const [currency, sum] of Object.entries(value))
      row.value[currency] = Math.round(((row.value[currency] ?? 0) + sum) * EXACT) / EXACT;
  }
  return [...rows.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}
