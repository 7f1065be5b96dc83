/** Forms. Each fault is shown at its field. A fault that belongs to no field is shown above the buttons. */
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
  /** Saves. The form shows what it throws. */
  onSave: () => Promise<unknown>;
  /** The label of the button. */
  save?: string;
  /** Faults that are known before saving, such as those of a check while somebody types. */
  faults?: Fault[];
  /** Warnings about something that is allowed but may not be intended. They are shown at their fields, too. */
  warnings?: Fault[];
  /**
   * The path in the document that the form is about. With `entities.3`, a fault of `entities.3.name` belongs to
   * `name`.
   */
  prefix?: string;
  onCancel?: () => void;
  /** True for a form that is not the main one of its page. Its button does not stand out. */
  isMinor?: boolean;
  /** Reads the newest version if somebody else has saved one meanwhile (409). What is written in the form stays. */
  onConflict?: () => void;
  /** True if somebody else has changed this since the draft was begun. */
  isOvertaken?: boolean;
  /** More buttons, next to these. */
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
      {/* Typing hides the problem, because it may be solved. The next save says what is left of it. */}
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

/**
 * A label, a control, and the notes about it. They are linked, so that a screen reader knows that they belong
 * together.
 */
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
  /** The number of lines. More than one makes a text area. */
  rows?: number;
  /** True for code: a monospaced font, and no spelling check. */
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

/**
 * Ties a field to a key of the item that is being edited. `{...of("name")}` gives the field its path, its value, and a
 * function for what is typed.
 */
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
