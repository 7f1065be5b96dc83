/** Small pieces that every page is made of. */
import { signal } from "@preact/signals";
import type { ComponentChildren, Ref } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { type Problem, problemOf } from "./api";
import { Failed } from "./resource";

/** What was done last, for whoever looks and whoever listens. */
export const said = signal("");
let unsay: ReturnType<typeof setTimeout> | undefined;

/** Says that something is done, for some seconds. */
export function say(what: string): void {
  said.value = what;
  clearTimeout(unsay);
  unsay = setTimeout(() => {
    said.value = "";
  }, 6_000);
}

/** A page's heading and what can be done there; the browser's title says it too. */
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

/** A button that asks the collector for something, once at a time; what goes wrong stands beside it. */
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

/** Text to be taken elsewhere: an address, a tag, a secret. */
export function Copy({ what, text, children }: { what: string; text: string; children?: ComponentChildren }) {
  const place = useRef<HTMLPreElement>(null);
  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      say(`Copied: ${what}.`);
    } catch {
      // Only https pages and localhost have a clipboard (https://w3c.github.io/clipboard-apis/#navigator-clipboard): mark it, the keys do the rest.
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

/** Text as it came, from a page or a vendor: never anything but text. */
export function Raw({ label, children, of }: { label: string; children: string; of?: Ref<HTMLPreElement> }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so that the keys must reach it.
    <section class="raw" aria-label={label} tabIndex={0}>
      <pre ref={of ?? null}>{children}</pre>
    </section>
  );
}

/** A dialog over the page; the browser keeps the focus in it, and Escape closes it. */
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

/** A button for what can't be undone at once: it says what goes with it, and asks. */
export function Confirm(props: {
  button: ComponentChildren;
  class: string;
  title: string;
  /** The words of the one that does it, and of the one that does not. */
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

/** A button's word, with what only who does not see its place has to be told. */
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
  /** Beside the heading. */
  actions?: ComponentChildren;
  children: ComponentChildren;
}

/** A part of a page under a heading of its own. */
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

/** The same, raised from the page. */
export function Card(props: Titled) {
  return <Part {...props} class="card" />;
}

export type Fact = [name: string, value: ComponentChildren];

/** Names with what each stands for; what is nothing is left out. */
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

/** A state in a word, told by its colour too and never by it alone. */
export function State({ kind, children }: { kind: "good" | "bad" | "warn" | "quiet"; children: ComponentChildren }) {
  return <span class={`state ${kind}`}>{children}</span>;
}
