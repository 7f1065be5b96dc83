/** The small parts that every page is made of. */
import { signal } from "@preact/signals";
import type { ComponentChildren, Ref } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { type Problem, problemOf } from "./api";
import { Failed } from "./resource";

/** Says what was done last. People see it, and screen readers say it. */
export const said = signal("");
let unsay: ReturnType<typeof setTimeout> | undefined;

/** Says for some seconds that something was done. */
export function say(what: string): void {
  said.value = what;
  clearTimeout(unsay);
  unsay = setTimeout(() => {
    said.value = "";
  }, 6_000);
}

/** A page with its heading and the actions that it offers. The heading is also the browser's title. */
export function Page({
  title,
  actions,
  children,
}: {
  title: string;
  actions?: ComponentChildren;
  children: ComponentChildren;
}) {
  useEffect(() => {
    document.title = `${title} · Calljoin`;
  }, [title]);
  return (
    <>
      <header class="row top">
        <h1>{title}</h1>
        {actions}
      </header>
      {children}
    </>
  );
}

/**
 * A button that asks the collector for something. It sends one request at a time, and shows what went wrong next to
 * itself.
 */
export function Action(props: { label: string; does: () => Promise<unknown>; class?: string; describedBy?: string }) {
  const { label, does, describedBy } = props;
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  async function press() {
    if (isBusy) return;
    setBusy(true);
    setProblem(null);
    try {
      await does();
    } catch (error) {
      setProblem(problemOf(error));
    }
    setBusy(false);
  }
  return (
    <>
      <button type="button" class={props.class} aria-disabled={isBusy} aria-describedby={describedBy} onClick={press}>
        {label}
      </button>
      {problem && <Failed problem={problem} />}
    </>
  );
}

/** Text to copy and use elsewhere: an address, a tag, a secret. */
export function Copy({ what, text, children }: { what: string; text: string; children?: ComponentChildren }) {
  const place = useRef<HTMLPreElement>(null);
  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      say(`Copied: ${what}.`);
    } catch {
      // Only https pages and localhost have a clipboard (https://w3c.github.io/clipboard-apis/#navigator-clipboard).
      // Elsewhere, select the text, so that the user can copy it with the keyboard.
      if (place.current) getSelection()?.selectAllChildren(place.current);
      say(`Marked: ${what}. Press Ctrl+C, or ⌘C.`);
    }
  }
  return (
    <div class="copy">
      <Raw label={what} of={place}>
        {text}
      </Raw>
      <button type="button" onClick={copy}>
        <Named what={what}>Copy</Named>
      </button>
      {children}
    </div>
  );
}

/** Text from a page or a vendor, unchanged. It is never shown as anything but text. */
export function Raw({ label, children, of }: { label: string; children: string; of?: Ref<HTMLPreElement> }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must be able to reach it.
    <section class="raw" aria-label={label} tabIndex={0}>
      <pre ref={of ?? null}>{children}</pre>
    </section>
  );
}

/** A dialog over the page. The browser keeps the focus inside it, and Escape closes it. */
export function Dialog({
  title,
  onClose,
  children,
}: {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} aria-label={title} onClose={onClose}>
      <h2>{title}</h2>
      {children}
    </dialog>
  );
}

/** A button for something that cannot be undone at once. It first says what else will be gone, and asks. */
export function Confirm(props: {
  button: ComponentChildren;
  class: string;
  title: string;
  /** The labels of the button that does it, and of the one that does not. */
  yes: string;
  no: string;
  does: () => Promise<unknown>;
  children: ComponentChildren;
}) {
  const { button, title, yes, no, does, children } = props;
  const [isAsked, setAsked] = useState(false);
  const close = () => setAsked(false);
  return (
    <>
      <button type="button" class={props.class} onClick={() => setAsked(true)}>
        {button}
      </button>
      {isAsked && (
        <Dialog title={title} onClose={close}>
          <p>{children}</p>
          <div class="row">
            <Action class="danger" label={yes} does={() => does().then(close)} />
            <button type="button" onClick={close}>
              {no}
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}

/**
 * A button's label. `what` is for screen readers: the button's place on the page tells everybody else what it is
 * about.
 */
export function Named({ what, children }: { what: string; children: ComponentChildren }) {
  return (
    <>
      {children}
      <span class="unseen"> {what}</span>
    </>
  );
}

interface Titled {
  title: string;
  /** Shown beside the heading. */
  actions?: ComponentChildren;
  children: ComponentChildren;
}

/** A part of a page with its own heading. */
export function Part({ title, actions, children, class: its = "stack" }: Titled & { class?: string }) {
  const id = useId();
  const heading = <h2 id={id}>{title}</h2>;
  return (
    <section class={its} aria-labelledby={id}>
      {actions ? (
        <header class="row top">
          {heading}
          {actions}
        </header>
      ) : (
        heading
      )}
      {children}
    </section>
  );
}

/** The same, shown as a card. */
export function Card(props: Titled) {
  return <Part {...props} class="card" />;
}

export type Fact = [name: string, value: ComponentChildren];

/** Names with their values. Leaves out a name that has no value. */
export function Facts({ of }: { of: Fact[] }) {
  const said = of.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return (
    <dl>
      {said.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A state in a word. Its colour says the same, but never alone. */
export function State({ kind, children }: { kind: "good" | "bad" | "warn" | "quiet"; children: ComponentChildren }) {
  return <span class={`state ${kind}`}>{children}</span>;
}
