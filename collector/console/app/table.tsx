/** Tables, rows that open, and the way through a list's pages. */
import type { ComponentChildren, Ref, VNode } from "preact";
import { useState } from "preact/hooks";

/** A table that scrolls by itself where the screen is narrower, so that the page does not. */
export function Table(props: {
  label: string;
  /** What stands above each column: words, or a cell such as {@link right} makes. */
  heads?: (string | VNode)[];
  body?: Ref<HTMLTableSectionElement>;
  children: ComponentChildren;
}) {
  const { label, heads, body, children } = props;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so that the keys must reach it.
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

/** A head that only who does not see the column needs. */
export const unseen = (what: string) => (
  <th key={what}>
    <span class="unseen">{what}</span>
  </th>
);

/** Actions with a row, above the buttons. */
export const DOING = unseen("Actions");

/** A column: its head, what a row has there, and the class of its cells. */
export type Column<Row> = [head: string | VNode, cell: (row: Row) => ComponentChildren, kind?: string];

/** A table with a row for each of many alike. Where the first column has no head, none has. */
export function Listing<Row>(props: {
  label: string;
  rows: readonly Row[];
  keyOf: (row: Row) => string;
  columns: Column<Row>[];
  /** The first column names its row. */
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
              // biome-ignore lint/suspicious/noArrayIndexKey: a column is what it is by its place.
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

/** A row that opens: its cells, a button for what else there is to it, and others beside that. */
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

/** The way through a list's pages: back to the newest, and on to older ones. */
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
