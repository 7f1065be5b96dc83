/** Fields that offer a choice. */
import { Field, type FieldProps } from "./form";

export interface Option<V extends string> {
  value: V;
  label: string;
  /** Options of the same group are shown together. */
  group?: string;
  hint?: string;
}

/** Values with their labels. A value alone is its own label. */
type Options<V extends string> = readonly (V | Option<V>)[] | Record<V, string>;

interface ChoiceProps<V extends string> extends FieldProps {
  value: V | undefined;
  onInput: (value: V) => void;
  options: Options<V>;
  /** The label for choosing none. */
  none?: string;
}

export function Choice<V extends string>({ value, onInput, options, none, ...field }: ChoiceProps<V>) {
  const all: Option<string>[] = [...(none ? [{ value: "", label: none }] : []), ...optionsOf(options)];
  const groups = [...new Set(all.map(({ group }) => group))];
  return (
    <Field {...field}>
      {(tied) => (
        <select {...tied} value={value ?? ""} onInput={({ currentTarget }) => onInput(currentTarget.value as V)}>
          {groups.map((group) => {
            const own = all
              .filter((option) => option.group === group)
              .map((option) => (
                <option key={option.value} value={option.value} selected={option.value === (value ?? "")}>
                  {option.label}
                </option>
              ));
            return group ? (
              <optgroup key={group} label={group}>
                {own}
              </optgroup>
            ) : (
              own
            );
          })}
        </select>
      )}
    </Field>
  );
}

/** Lets the user choose any of a few options. Each is a box to tick. */
export function Several<V extends string>(props: {
  legend: string;
  options: Options<V>;
  chosen: readonly V[];
  onChange: (chosen: V[]) => void;
}) {
  const { legend, chosen, onChange } = props;
  const options = optionsOf(props.options);
  const toggle = (value: V) =>
    onChange(options.map((option) => option.value).filter((one) => chosen.includes(one) !== (one === value)));
  return (
    <fieldset>
      <legend>{legend}</legend>
      {options.map(({ value, label, hint }) => (
        <label key={value} class="tick">
          <input type="checkbox" checked={chosen.includes(value)} onChange={() => toggle(value)} /> {label}
          {hint && <span class="hint"> {hint}</span>}
        </label>
      ))}
    </fieldset>
  );
}

function optionsOf<V extends string>(options: Options<V>): Option<V>[] {
  const list = Array.isArray(options)
    ? (options as readonly (V | Option<V>)[])
    : (Object.entries(options) as [V, string][]).map(([value, label]) => ({ value, label }));
  return list.map((one) => (typeof one === "string" ? { value: one, label: one } : one));
}
