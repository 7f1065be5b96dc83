/**
 * The filter of the list of calls. It is the query of the address, so that people can send it to a colleague. It uses
 * the same words as the route.
 */

import { useEffect, useRef, useState } from "preact/hooks";
import { STATUSES, SUMMARY_TYPES } from "../../../wire/lists";
import { ask, type Fault, ofSite } from "../api";
import { Choice } from "../choices";
import { Field, Form, Text } from "../form";
import { useKey } from "../keys";
import { useResource } from "../resource";
import { useTyped } from "../typed";
import { REASON_WORDS } from "./explained";

export type Filter = Record<string, string>;

/** The words of the filter, as the route calls them (`GET …/calls`). Anything else in the address is not a filter. */
const WORDS = [
  "status",
  "reason",
  "vendor",
  "type",
  "from",
  "to",
  "transaction_id",
  "context_id",
  "caller",
  "entity",
  "value",
  "cursor",
];
const SELDOM = ["from", "to", "reason", "type", "context_id", "caller", "entity", "value"];

/** Reads the filter from the query of an address. */
export function filterOf(search: string): Filter {
  return Object.fromEntries([...new URLSearchParams(search)].filter(([word, value]) => WORDS.includes(word) && value));
}

/** Whether the filter chooses anything except the page of the list. */
export function isFiltered(filter: Filter): boolean {
  return Object.keys(filter).some((word) => word !== "cursor");
}

/** Whether the collector has to search for these calls, because no index finds them. */
export function isSought(filter: Filter): boolean {
  return ["reason", "caller", "entity"].some((word) => filter[word]);
}

/** A choice from a list takes effect at once. Typed text takes effect with Enter. */
export function CallFilter(props: {
  site: string;
  filter: Filter;
  faults: Fault[];
  onChange: (filter: Filter) => void;
}) {
  const { site, filter, faults, onChange } = props;
  const { cursor: _cursor, ...chosen } = filter;
  const [draft, setDraft] = useState(chosen);
  const place = useRef<HTMLDivElement>(null);
  useKey("/", "looks for a call", () => place.current?.querySelector<HTMLElement>("input")?.focus());
  // The address also changes when somebody goes back.
  const said = JSON.stringify(chosen);
  useEffect(() => setDraft(JSON.parse(said)), [said]);
  const known = useResource((signal) => names(site, signal), [site]);
  const typed = (word: string) => ({
    ...{ path: word, value: draft[word] ?? "" },
    onInput: (value: string) => setDraft({ ...draft, [word]: value }),
  });
  const picked = (word: string) => ({
    ...{ path: word, value: draft[word] ?? "", none: "any" },
    onInput: (value: string) => onChange({ ...draft, [word]: value }),
  });
  const { vendors = [], entities = [] } = known.data ?? {};
  return (
    <div class="filter" ref={place}>
      <Form
        save="Find"
        faults={faults}
        onSave={async () => onChange(draft)}
        more={
          isFiltered(filter) && (
            <button type="button" onClick={() => onChange({})}>
              Show all calls
            </button>
          )
        }
      >
        <div class="grid">
          <Text label="Transaction" type="search" {...typed("transaction_id")} />
          <Choice label="Status" {...picked("status")} options={STATUSES} />
          <Choice label="Vendor" {...picked("vendor")} options={vendors} />
        </div>
        <details open={SELDOM.some((word) => chosen[word]) || undefined}>
          <summary>By time, reason, type, visitor, number or value</summary>
          <div class="grid">
            <Moment label="From" {...typed("from")} />
            <Moment label="To" {...typed("to")} />
            <Choice label="Reason" {...picked("reason")} options={REASON_WORDS} />
            <Choice label="Type" {...picked("type")} options={SUMMARY_TYPES} />
            <Text label="Visitor's context_id" isCode {...typed("context_id")} />
            <Text
              label="Caller's number"
              {...typed("caller")}
              placeholder="+14045550199"
              hint="In E.164. The console hashes it before it searches."
            />
            <Choice label="Entity" {...typed("entity")} none="any" options={entities} />
            <Text label="Value of the entity" {...typed("value")} />
          </div>
        </details>
      </Form>
    </div>
  );
}

async function names(site: string, signal: AbortSignal) {
  const of = async (what: "vendors" | "entities") => {
    const answer = await ask<Record<string, { name: string }[]>>(ofSite(site, what), { signal });
    return (answer[what] ?? []).map(({ name }) => name);
  };
  const [vendors, entities] = await Promise.all([of("vendors"), of("entities")]);
  return { vendors, entities };
}

/** A moment in the browser's time zone. In the address it is epoch ms, which means the same wherever it is opened. */
function Moment(props: { label: string; path: string; value: string; onInput: (value: string) => void }) {
  const { label, path, value, onInput } = props;
  // While somebody types a year, it is first 0002, 0020 and 0202. The field must keep what was typed.
  const [shown, type] = useTyped(value, localOf, momentOf);
  return (
    <Field label={label} path={path}>
      {(tied) => (
        <input
          {...tied}
          type="datetime-local"
          value={shown}
          onInput={({ currentTarget }) => onInput(type(currentTarget.value))}
        />
      )}
    </Field>
  );
}

function momentOf(typed: string): string {
  const at = new Date(typed).getTime();
  return Number.isNaN(at) ? "" : String(at);
}

/** Writes epoch ms, or a date, in the way that the browser's field needs: `2026-11-27T14:02`. */
function localOf(value: string): string {
  const at = new Date(/^\d+$/.test(value) ? Number(value) : value);
  if (Number.isNaN(at.getTime())) return "";
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
