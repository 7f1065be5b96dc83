/**
 * Fields whose text stands for something else, such as a number. The text stays exactly as it was typed, whatever
 * value is read from it.
 */
import { useState } from "preact/hooks";
import { Text, type TextProps } from "./form";

/**
 * Answers what a field shows for a value, and a function for what is typed there. The field keeps the typed text: `1.`
 * is read as 1, but may become 1.5.
 */
export function useTyped<T>(
  value: T,
  show: (value: T) => string,
  read: (typed: string) => T,
): [shown: string, type: (typed: string) => T] {
  const [typed, setTyped] = useState(show(value));
  // False if the value came from elsewhere, for example because another row has taken this one's place.
  const isOwn = JSON.stringify(read(typed)) === JSON.stringify(value);
  function type(next: string): T {
    setTyped(next);
    return read(next);
  }
  return [isOwn ? typed : show(value), type];
}

type Typed<T> = Omit<TextProps, "value" | "onInput"> & { value: T; onInput: (value: T) => void };

/** A number, or nothing. Text that is not a number is left for the collector to report (JSON turns it into null). */
export function Numeral({ value, onInput, ...field }: Typed<number | undefined>) {
  const [shown, type] = useTyped(value, numeralOf, numberOf);
  return <Text {...field} value={shown} onInput={(typed) => onInput(type(typed))} />;
}

/** A list, typed as several words or lines. */
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
