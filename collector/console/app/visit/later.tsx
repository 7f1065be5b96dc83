import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

/** What is asked for, and put on the page, when somebody wants to see it. */
export function Later({ summary, children }: { summary: ComponentChildren; children: ComponentChildren }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>{summary}</summary>
      {isOpen && <div class="stack later">{children}</div>}
    </details>
  );
}
