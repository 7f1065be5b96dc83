/** A list that is edited row by row: the fields of each row, and buttons that add or remove a row. */
import type { ComponentChildren } from "preact";

export function Rows<Row>(props: {
  legend: string;
  hint?: string;
  /** What one row is called: `parameter`. */
  what: string;
  /** The list's path in the document. The paths of its rows' faults begin with it. */
  path: string;
  rows: Row[];
  onChange: (rows: Row[]) => void;
  /** A new row. */
  fresh: Row;
  children: (row: Row, path: string, put: (row: Row) => void) => ComponentChildren;
}) {
  const { legend, hint, what, path, rows, onChange, fresh, children } = props;
  return (
    <fieldset class="rows">
      <legend>{legend}</legend>
      {hint && <p class="hint">{hint}</p>}
      {rows.map((row, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row has no other key: somebody is editing its name.
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
