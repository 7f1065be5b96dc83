/** Fields whose text stands for something else, such as a number: what is typed stays as it is typed, whatever is read from it. */
import { useState } from "preact/hooks";
import { Text, type TextProps } from "./form";

/** What a field shows for a value, and what to do with what is typed there. `1.` is read as 1, and has to become 1.5. */
export function useTyped<T>(
  value: T,
  show: (value: T) => string,
  read: (typed: string) => T,
): [shown: string, type: (typed: string) => T] {
  const [typed, setTyped] = useState(show(value));
  const isOwn = JSON.stringify(read(typed)) === JSON.stringify(value);
  // What came from elsewhere, such as another row in this one's place, is shown as it is.
  function type(next: string): T {
    setTyped(next);
    return read(next);
  }
  return [isOwn ? typed : show(value), type];
}

type Typed<T> = Omit<TextProps, "value" | "onInput"> & { value: T; onInput: (value: T) => void };

/** A number, or nothing; what is none is left for the collector to name (JSON has null for it). */
export function Numeral({ value, onInput, ...field }: Typed<number | undefined>) {
  const [shown, type] = useTyped(value, numeralOf, numberOf);
  return <Text {...field} value={shown} onInput={(typed) => onInput(type(typed))} />;
}

/** Several words, or lines, as one list. */
export function Listed(props: Typed<string[]> & { between: string; read: (typed: string) => string[] }) {
  const { value, onInput, between, read, ...field } = props;
  const [shown, type] = useTyped(value, (list) => list.join(between), read);
  return <Text {...field} value={shown} onInput={(typed) => onInput(type(typed))} />;
}

function numeralOf(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? "" : String(value);
}

function numberOf(typed: string): number | undefined {
  return typed.trim() === "" ? undefined : Number(typed);
}
