import type { Json } from "./types";

/** Orders by the first key that differs: numbers by size, strings by UTF-16 code units. */
export function compareBy<T>(...keys: ((item: T) => number | string)[]): (a: T, b: T) => number {
  return (a, b) => {
    for (const key of keys) {
      const [x, y] = [key(a), key(b)];
      if (x < y) return -1;
      if (x > y) return 1;
    }
    return 0;
  };
}

/** The last of `items` in `order`, or null where there is none. */
export function lastBy<T>(items: T[], order: (a: T, b: T) => number): T | null {
  return items.toSorted(order).at(-1) ?? null;
}

/** The first of `items` in `order`, or null where there is none. */
export function firstBy<T>(items: T[], order: (a: T, b: T) => number): T | null {
  return items.toSorted(order)[0] ?? null;
}

/** "Empty is `null`, `undefined`, `""`, `NaN`." (contract 2; JSON has no NaN) */
export function isEmpty(value: Json | undefined): value is null | undefined | "" {
  return value === null || value === undefined || value === "";
}

/** RFC 8785: members sorted by the UTF-16 code units of their names, no white space, numbers and strings as ECMAScript writes them. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.entries(value).toSorted(compareBy(([name]) => name));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(",")}}`;
}

/** The items by key, in order of each key's first item. */
export function groupBy<T>(items: T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}
