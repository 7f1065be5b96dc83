/** What is being written and not saved yet: it is still there after a look at another page, and the browser asks before it is lost. */
import { useState } from "preact/hooks";

const drafts = new Map<string, unknown>();

addEventListener("beforeunload", (event) => {
  if (drafts.size > 0) event.preventDefault();
});

/** As `useState`, of what `key` names; `forget` says that it was saved or given up. */
export function useDraft<T>(key: string, initial: T): { draft: T; write: (draft: T) => void; forget: () => void } {
  const [draft, setDraft] = useState<T>((drafts.get(key) as T | undefined) ?? initial);
  const write = (next: T) => {
    drafts.set(key, next);
    setDraft(next);
  };
  return { draft, write, forget: () => drafts.delete(key) };
}
