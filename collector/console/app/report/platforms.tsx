/** How calls stand with advertising platforms: what was sent, what waits, and why the rest was not. */
import { useState } from "preact/hooks";
import type { ConversionCount } from "../../../read/conversions";
import { ask, pathOf } from "../api";
import { Choice } from "../form";
import { count } from "../format";
import { Table } from "../parts";
import { Loaded, useResource } from "../resource";
import { STANDING_WORDS } from "../standing";

const BY = [
  { value: "destination", label: "platform" },
  { value: "reason", label: "reason" },
  { value: "day", label: "day" },
];

export function Platforms({ site }: { site: string }) {
  const [by, setBy] = useState("destination");
  const path = pathOf(["v1", "sites", site, "conversions"], { by });
  const found = useResource((signal) => ask<{ rows: Partial<ConversionCount>[] }>(path, { signal }), [path]);
  const head = BY.find(({ value }) => value === by)?.label ?? by;
  return (
    <section class="card" aria-labelledby="platforms">
      <header class="row top">
        <h2 id="platforms">Calls at advertising platforms</h2>
        <Choice label="By" path="by" value={by} onInput={setBy} options={BY} />
      </header>
      <p class="hint">The last 30 days. A call counts once for each platform.</p>
      <Loaded of={found}>
        {({ rows }) => (
          <Table label={`Calls at platforms by ${head}`}>
            <thead>
              <tr>
                <th>{`${head.slice(0, 1).toUpperCase()}${head.slice(1)}`}</th>
                <th class="right">Sent</th>
                <th class="right">Waiting</th>
                <th class="right">Not sent</th>
                {by !== "reason" && <th>Why</th>}
              </tr>
            </thead>
            <tbody>
              {rows.map(({ key = "", sent = 0, waiting = 0, not_sent = 0, reasons = {} }) => (
                <tr key={key}>
                  <td>{by === "reason" ? (STANDING_WORDS[key] ?? key) : key}</td>
                  <td class="right">{count(sent)}</td>
                  <td class="right">{count(waiting)}</td>
                  <td class="right">{count(not_sent)}</td>
                  {by !== "reason" && <td>{why(reasons)}</td>}
                </tr>
              ))}
            </tbody>
          </Table>
        )}
      </Loaded>
    </section>
  );
}

/** The reasons, the commonest first. */
function why(reasons: Record<string, number>): string {
  return Object.entries(reasons)
    .sort(([, a], [, b]) => b - a)
    .map(([reason, calls]) => `${STANDING_WORDS[reason] ?? reason}: ${count(calls)}`)
    .join("; ");
}
