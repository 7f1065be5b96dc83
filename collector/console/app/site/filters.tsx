/** Which calls a webhook is told of. */
import { STATUSES, SUMMARY_TYPES } from "../../../wire/lists";
import { Several } from "../choices";
import type { SavedSite, Webhook } from "./document";

type Filter = Webhook["filter"];

export function Filters(props: { saved: SavedSite; filter: Filter; onChange: (filter: Filter) => void }) {
  const { saved, filter, onChange } = props;
  const lists: { key: keyof Filter; legend: string; words: readonly string[] }[] = [
    { key: "status", legend: "Status", words: STATUSES },
    { key: "vendor", legend: "Vendor", words: saved.vendors.map(({ name }) => name) },
    { key: "type", legend: "Kind", words: SUMMARY_TYPES },
    { key: "goal", legend: "Goal", words: saved.goals.map(({ name }) => name) },
  ];
  const isFiltered = Object.keys(filter).length > 0;
  return (
    <details open={isFiltered}>
      <summary>Only some calls{isFiltered ? "" : " (now: all)"}</summary>
      <p class="hint">A call is sent if it passes each of these. If you tick nothing, all calls pass.</p>
      <div class="filters">
        {lists
          .filter(({ words }) => words.length > 0)
          .map(({ key, legend, words }) => (
            <Several<string>
              key={key}
              legend={legend}
              options={words}
              chosen={filter[key] ?? []}
              onChange={(chosen) => {
                const { [key]: _before, ...others } = filter;
                onChange(chosen.length > 0 ? ({ ...others, [key]: chosen } as Filter) : others);
              }}
            />
          ))}
      </div>
    </details>
  );
}
