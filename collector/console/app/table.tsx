/** Tables, rows that open, and the buttons that page through a list. */
import type { ComponentChildren, Ref, VNode } from "preact";
import { useState } from "preact/hooks";

/** A table that scrolls by itself on a narrower screen, so that the page does not have to. */
export function Table(props: {
  label: string;
  /** The head of each column: text, or a cell such as {@link right} makes. */
  heads?: (string | VNode)[];
  body?: Ref<HTMLTableSectionElement>;
  children: ComponentChildren;
}) {
  const { label, heads, body, children } = props;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must be able to reach it.
    <section class="scroll" aria-label={label} tabIndex={0}>
      <table>
        {heads && (
          <thead>
            <tr>{heads.map((head) => (typeof head === "string" ? <th key={head}>{head}</th> : head))}</tr>
          </thead>
        )}
        <tbody ref={body ?? null}>{children}</tbody>
      </table>
    </section>
  );
}

/** The head of a column of numbers. */
export const right = (what: string) => (
  <th key={what} class="right">
    {what}
  </th>
);

/** A head that only screen readers need. */
export const unseen = (what: string) => (
  <th key={what}>
    <span class="unseen">{what}</span>
  </th>
);

/** The head of the column with the buttons of each row. */
export const DOING = unseen("Actions");

/** A column: its head, the content of its cell in a row, and the class of its cells. */
export type Column<Row> = [head: string | VNode, cell: (row: Row) => ComponentChildren, kind?: string];

/** A table with one row for each of many similar things. If the first column has no head, no column has one. */
export function Listing<Row>(props: {
  label: string;
  rows: readonly Row[];
  keyOf: (row: Row) => string;
  columns: Column<Row>[];
  /** True if the first column names its row. */
  isNamed?: boolean;
}) {
  const { label, rows, keyOf, columns, isNamed } = props;
  const heads = columns.map(([head]) => head);
  return (
    <Table label={label} {...(heads[0] === "" ? {} : { heads })}>
      {rows.map((row) => (
        <tr key={keyOf(row)}>
          {columns.map(([, cell, kind], column) =>
            isNamed && column === 0 ? (
              <th key="name" scope="row">
                {cell(row)}
              </th>
            ) : (
              // biome-ignore lint/suspicious/noArrayIndexKey: its place is what identifies a column.
              <td key={column} class={kind}>
                {cell(row)}
              </td>
            ),
          )}
        </tr>
      ))}
    </Table>
  );
}

/** A row that opens: its cells, a button that shows more about it, and other buttons next to that one. */
export function OpeningRow(props: {
  cells: ComponentChildren;
  /** How many columns the table has. */
  columns: number;
  button?: ComponentChildren;
  beside?: ComponentChildren;
  children: ComponentChildren;
}) {
  const { cells, columns, button = "Details", beside, children } = props;
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <tr>
        {cells}
        <td>
          <div class="row">
            <button type="button" class="plain" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
              {button}
            </button>
            {beside}
          </div>
        </td>
      </tr>
      {isOpen && (
        <tr class="opened">
          <td colSpan={columns}>
            <div class="stack">{children}</div>
          </td>
        </tr>
      )}
    </>
  );
}

/** The buttons that page through a list: back to the newest, and on to older ones. */
export function Pager(props: { cursor: string; next: string | null; to: (cursor: string) => void }) {
  const { cursor, next, to } = props;
  return (
    <div class="row">
      {cursor && (
        <button type="button" onClick={() => to("")}>
          Newest
        </button>
      )}
      {next && (
        <button type="button" onClick={() => to(next)}>
          Older
        </button>
      )}
    </div>
  );
}
