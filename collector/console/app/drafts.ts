/**
 * Drafts: what somebody has written and not saved yet. A draft is still there after a look at another page, and the
 * browser asks before it is lost.
 */
import { useState } from "preact/hooks";

interface Kept {
  draft: unknown;
  /** What was saved when the draft was begun, as JSON. */
  base: string;
}

const drafts = new Map<string, Kept>();

addEventListener("beforeunload", (event) => {
  if (drafts.size > 0) event.preventDefault();
});

/** Called on signing out, so that the next person at the screen does not see the drafts. */
export function forgetDrafts(): void {
  drafts.clear();
}

export interface Draft<T> {
  draft: T;
  write: (draft: T) => void;
  /** Drops the draft, because it was saved or given up. */
  forget: () => void;
  /** True if somebody has saved something else in its place since the draft was begun. */
  isOvertaken: boolean;
}

/** Works like `useState`, for the draft that `key` names. `saved` is what the draft would replace. */
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
