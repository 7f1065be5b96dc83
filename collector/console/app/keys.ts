/**
 * Keys that do something on a page; `?` lists them. They do nothing while somebody types. They leave every combination
 * with Ctrl, Alt or Meta to the browser.
 */
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

interface Key {
  key: string;
  does: string;
  press: () => void;
}

/** The keys that work on the page now. */
export const keys = signal<Key[]>([]);

export function useKey(key: string, does: string, press: () => void): void {
  const newest = useRef(press);
  newest.current = press;
  useEffect(() => {
    const one: Key = { key, does, press: () => newest.current() };
    keys.value = [...keys.peek(), one];
    return () => {
      keys.value = keys.peek().filter((other) => other !== one);
    };
  }, [key, does]);
}

function isTyping({ target }: KeyboardEvent): boolean {
  return target instanceof Element && target.closest("input, textarea, select, [contenteditable], dialog") !== null;
}

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || isTyping(event)) return;
  const found = keys.peek().findLast(({ key }) => key.toLowerCase() === event.key.toLowerCase());
  if (!found) return;
  event.preventDefault();
  found.press();
});
