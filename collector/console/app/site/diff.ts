/** What one version of a site's document changed, in lines that people can read. */
import type { Site } from "./document";

export interface Change {
  /** What was changed: "entity basket_total: value", "origins". */
  what: string;
  /** JSON or plain text. Null if there was nothing, or if there is nothing any more. */
  before: string | null;
  after: string | null;
}

/**
 * Names tell a list's items apart. So a new item at the beginning is one change, and not as many as there are items.
 */
const LISTS = { entities: "entity", vendors: "vendor", webhooks: "webhook", goals: "goal" } as const;
/** The fields that the collector adds when it answers. */
const NOT_SAVED = ["tracking_id", "version", "warnings"];

export function changesOf(before: Partial<Site>, after: Partial<Site>): Change[] {
  return keysOf(before, after)
    .filter((key) => !NOT_SAVED.includes(key))
    .flatMap((key) => {
      if (!(key in LISTS)) return fieldChange(key, at(before, key), at(after, key));
      const list = key as keyof typeof LISTS;
      return listChanges(LISTS[list], before[list] ?? [], after[list] ?? []);
    });
}

function listChanges(word: string, before: { name: string }[], after: { name: string }[]): Change[] {
  const names = [...new Set([...before, ...after].map(({ name }) => name))];
  return names.flatMap((name) => {
    const was = before.find((item) => item.name === name);
    const is = after.find((item) => item.name === name);
    if (!was || !is) return fieldChange(`${word} ${name}`, was, is);
    return keysOf(was, is).flatMap((key) => fieldChange(`${word} ${name}: ${key}`, at(was, key), at(is, key)));
  });
}

function fieldChange(what: string, before: unknown, after: unknown): Change[] {
  const [was, is] = [shown(before), shown(after)];
  return was === is ? [] : [{ what, before: was, after: is }];
}

function shown(value: unknown): string | null {
  if (value === undefined) return null;
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

function keysOf(...objects: object[]): string[] {
  return [...new Set(objects.flatMap(Object.keys))];
}

function at(object: object, key: string): unknown {
  return (object as Record<string, unknown>)[key];
}
