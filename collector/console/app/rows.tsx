/** A list that is written row by row: each row's fields, and buttons that add one and take one out. */
import type { ComponentChildren } from "preact";

export function Rows<Row>(props: {
  legend: string;
  hint?: string;
  /** What one row is called: `parameter`. */
  what: string;
  /** The list's place in the document, of which the rows' faults are told. */
  path: string;
  rows: Row[];
  onChange: (rows: Row[]) => void;
  /** A row as it begins. */
  fresh: Row;
  children: (row: Row, path: string, put: (row: Row) => void) => ComponentChildren;
}) {
  const { legend, hint, what, path, rows, onChange, fresh, children } = props;
  return (
    <fieldset class="rows">
      <legend>{legend}</legend>
      {hint && <p class="hint">{hint}</p>}
      {rows.map((row, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row has nothing else that stays: its name is what is being written.
        <div key={index} class="line">
          {children(row, `${path}.${index}`, (next) => onChange(rows.map((one, at) => (at === index ? next : one))))}
          <button type="button" class="plain" onClick={() => onChange(rows.filter((_one, at) => at !== index))}>
            Remove
            <span class="unseen">
              {" "}
              {what} {index + 1}
            </span>
          </button>
        </div>
      ))}
      <div class="row">
        <button type="button" onClick={() => onChange([...rows, fresh])}>
          Add a {what}
        </button>
      </div>
    </fieldset>
  );
}
