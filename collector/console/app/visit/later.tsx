import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

/** Content that is put on the page, and asks the collector, only when somebody opens it. */
export function Later({ summary, children }: { summary: ComponentChildren; children: ComponentChildren }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>{summary}</summary>
      {isOpen && <div class="stack later">{children}</div>}
    </details>
  );
}
