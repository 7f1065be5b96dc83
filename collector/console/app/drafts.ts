/** What is being written and not saved yet: it is still there after a look at another page, and the browser asks before it is lost. */
import { useState } from "preact/hooks";

interface Kept {
  draft: unknown;
  /** What was saved when it was begun. */
  base: string;
}

const drafts = new Map<string, Kept>();

addEventListener("beforeunload", (event) => {
  if (drafts.size > 0) event.preventDefault();
});

/** For whoever leaves the screen to somebody else. */
export function forgetDrafts(): void {
  drafts.clear();
}

export interface Draft<T> {
  draft: T;
  write: (draft: T) => void;
  /** It was saved, or given up. */
  forget: () => void;
  /** Somebody has saved something else in its place since it was begun. */
  isOvertaken: boolean;
}

/** As `useState`, of what `key` names; `saved` is what it is written over. */
export function useDraft<T>(key: string, initial: T, saved: unknown = initial): Draft<T> {
  const kept = drafts.get(key);
  const base = JSON.stringify(saved);
  const [draft, setDraft] = useState<T>((kept?.draft as T | undefined) ?? initial);
  const write = (next: T) => {
    drafts.set(key, { draft: next, base: drafts.get(key)?.base ?? base });
    setDraft(next);
  };
  return { draft, write, forget: () => drafts.delete(key), isOvertaken: kept !== undefined && kept.base !== base };
}
