/** Forms: each fault stands at its field, and a fault that belongs to none stands above the buttons. */
import { type ComponentChildren, createContext } from "preact";
import { useContext, useEffect, useId, useRef, useState } from "preact/hooks";
import { type Fault, type Problem, problemOf } from "./api";

interface FormFaults {
  faults: Fault[];
  warnings: Fault[];
  /** Says that a field shows the faults of this path. */
  claim: (path: string) => () => void;
}
const FormContext = createContext<FormFaults>({ faults: [], warnings: [], claim: () => () => {} });

export interface FormProps {
  /** What is saved; what it throws is shown. */
  onSave: () => Promise<unknown>;
  /** The button's words. */
  save?: string;
  /** Faults that are known before it is saved, such as those of a check while somebody types. */
  faults?: Fault[];
  /** What is allowed, and may not be what was meant; told likewise. */
  warnings?: Fault[];
  /** The place in the document that the form is about: `entities.3` makes `entities.3.name` the fault of `name`. */
  prefix?: string;
  onCancel?: () => void;
  /** True for a form beside the page's own: its button is not the one that stands out. */
  isMinor?: boolean;
  /** Reads the newest where somebody else has saved since (409); what is written here stays. */
  onConflict?: () => void;
  /** Somebody else has changed this since it was begun. */
  isOvertaken?: boolean;
  /** More buttons, beside these. */
  more?: ComponentChildren;
  children: ComponentChildren;
}

export function Form(props: FormProps) {
  const {
    onSave,
    save = "Save",
    faults = [],
    warnings = [],
    prefix = "",
    onCancel,
    onConflict,
    isOvertaken,
    isMinor,
    more,
    children,
  } = props;
  const form = useRef<HTMLFormElement>(null);
  const claimed = useRef(new Map<string, number>());
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isSaving, setSaving] = useState(false);
  const claim = (path: string) => {
    const add = (by: number) => claimed.current.set(path, (claimed.current.get(path) ?? 0) + by);
    add(1);
    return () => add(-1);
  };
  const here = within([...faults, ...(problem?.errors ?? [])], prefix);
  const isShown = ({ path }: Fault) => [...claimed.current].some(([field, by]) => by > 0 && isAt(path, field));

  async function submit(event: Event) {
    event.preventDefault();
    if (isSaving) return;
    setSaving(true);
    setProblem(null);
    try {
      await onSave();
    } catch (error) {
      setProblem(problemOf(error));
      requestAnimationFrame(() => form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
    }
    setSaving(false);
  }

  return (
    <FormContext.Provider value={{ faults: here, warnings: within(warnings, prefix), claim }}>
      {/* What was mended is no longer told: the next save says what is left. */}
      <form ref={form} onSubmit={submit} onInput={() => problem && setProblem(null)} noValidate>
        <div class="fields">{children}</div>
        {isOvertaken && !problem && (
          <p class="note">Somebody has changed this since you began. What you save is written over it.</p>
        )}
        {problem && (
          <div class="note bad" role="alert">
            <p>{problem.detail}</p>
            {here
              .filter((fault) => !isShown(fault))
              .map(({ path, message }) => (
                <p key={path}>
                  <code>{path}</code> {message}
                </p>
              ))}
            {problem.status === 409 && onConflict && (
              <button type="button" onClick={onConflict}>
                Go on with the newest
              </button>
            )}
          </div>
        )}
        <div class="row">
          <button type="submit" class={isMinor ? undefined : "primary"} aria-disabled={isSaving}>
            {save}
          </button>
          {onCancel && (
            <button type="button" onClick={onCancel}>
              Cancel
            </button>
          )}
          {more}
        </div>
      </form>
    </FormContext.Provider>
  );
}

export interface FieldProps {
  label: string;
  /** The path of its faults, below the form's prefix. */
  path: string;
  hint?: ComponentChildren;
}

interface Control {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": boolean | undefined;
}

/** A label, a control, and what is to be said of it: all tied together for whoever cannot see that they are. */
export function Field({
  label,
  path,
  hint,
  children,
}: FieldProps & { children: (control: Control) => ComponentChildren }) {
  const id = useId();
  const { faults, warnings, claim } = useContext(FormContext);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the form's set of claims is always the same one.
  useEffect(() => claim(path), [path]);
  const said = (list: Fault[]) =>
    [...new Set(list.filter((one) => isAt(one.path, path)).map(({ message }) => message))].join("; ");
  const fault = said(faults);
  const notes = [
    { key: "fault", what: fault },
    { key: "warning", what: said(warnings) },
    { key: "hint", what: hint },
  ].filter(({ what }) => what);
  const described = notes.map(({ key }) => `${id}-${key}`).join(" ") || undefined;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, "aria-describedby": described, "aria-invalid": fault !== "" || undefined })}
      {notes.map((note) => (
        <p key={note.key} id={`${id}-${note.key}`} class={note.key}>
          {note.what}
        </p>
      ))}
    </div>
  );
}

export interface TextProps extends FieldProps {
  value: string | null | undefined;
  onInput: (value: string) => void;
  type?: "text" | "url" | "password" | "search";
  /** Lines; more than one is a text area. */
  rows?: number;
  /** Code: in letters of one width, and never corrected. */
  isCode?: boolean;
  placeholder?: string | undefined;
  autofocus?: boolean;
  autocomplete?: string;
}

export function Text(props: TextProps) {
  const { value, onInput, type = "text", rows = 1, isCode, autofocus, autocomplete = "off", ...rest } = props;
  const { placeholder, ...field } = rest;
  const control = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
  useEffect(() => {
    if (autofocus) control.current?.focus();
  }, [autofocus]);
  const common = {
    ...{
      ref: control,
      value: value ?? "",
      placeholder,
      autocomplete,
      spellcheck: !isCode,
      class: isCode ? "code" : undefined,
    },
    onInput: ({ currentTarget }: { currentTarget: HTMLInputElement | HTMLTextAreaElement }) =>
      onInput(currentTarget.value),
  };
  return (
    <Field {...field}>
      {(tied) =>
        rows > 1 ? <textarea {...tied} {...common} rows={rows} /> : <input {...tied} {...common} type={type} />
      }
    </Field>
  );
}

/** Ties a field to a key of what is written: `{...of("name")}` is its path, its value, and what to do with what is typed. */
export function tie<T>(item: T, set: (change: Partial<T>) => void, under = "") {
  return <Key extends keyof T & string>(key: Key) => ({
    path: under + key,
    value: item[key],
    onInput: (value: T[Key]) => set({ [key]: value } as unknown as Partial<T>),
  });
}

function isAt(path: string, field: string): boolean {
  return path === field || path.startsWith(`${field}.`);
}

function within(faults: Fault[], prefix: string): Fault[] {
  if (prefix === "") return faults;
  return faults.map(({ path, message }) => ({
    path: path.startsWith(`${prefix}.`) ? path.slice(prefix.length + 1) : path,
    message,
  }));
}
