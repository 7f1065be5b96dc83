/** Conversions and what they were worth: by day, by source, by goal. */
import { useState } from "preact/hooks";
import { Link } from "wouter-preact";
import type { ConversionCount } from "../../../store/counts";
import { ask, pathOf } from "../api";
import { Columns } from "../chart";
import { Choice } from "../form";
import { count, money } from "../format";
import { Table } from "../parts";
import { Empty, Loaded, useResource } from "../resource";
import { placeOf } from "../routes";
import { daysUntilNow } from "./days";

const BY = [
  { value: "day", label: "day" },
  { value: "source", label: "source" },
  { value: "goal", label: "goal" },
];

export function Conversions({ site, from }: { site: string; from: string }) {
  const [by, setBy] = useState("day");
  const path = pathOf(["v1", "sites", site, "conversions"], { by, from, standing: "0" });
  const found = useResource((signal) => ask<{ rows: ConversionCount[] }>(path, { signal }), [path], 60_000);
  return (
    <section class="card" aria-labelledby="conversions">
      <header class="row top">
        <h2 id="conversions">Conversions</h2>
        <Choice label="By" path="by" value={by} onInput={setBy} options={BY} />
      </header>
      <Loaded of={found}>
        {({ rows }) => {
          if (rows.length === 0) {
            return (
              <Empty title="No conversions in these days.">
                <p>
                  A conversion is a matched call that meets one of the site's goals.{" "}
                  <Link href={placeOf(site, "set-up")}>See the goals.</Link>
                </p>
              </Empty>
            );
          }
          const worth = rows.map(({ value }) => amounts(value));
          if (by === "day") {
            const of = new Map(rows.map((row) => [row.key, row]));
            const days = daysUntilNow(from, rows.at(-1)?.key);
            return (
              <Columns
                label="Conversions by day"
                parts={[{ name: "conversions", kind: "matched" }]}
                columns={days.map((key) => ({ key, values: [of.get(key)?.conversions ?? 0] }))}
                format={count}
                more={{ name: "value", of: days.map((key) => amounts(of.get(key)?.value ?? {})) }}
              />
            );
          }
          const most = Math.max(...rows.map(({ conversions }) => conversions));
          return (
            <Table label={`Conversions by ${by}`}>
              <thead>
                <tr>
                  <th>{by === "goal" ? "Goal" : "Source"}</th>
                  <th class="right">Conversions</th>
                  <th class="wide">
                    <span class="unseen">Drawn</span>
                  </th>
                  <th class="right">Worth</th>
                </tr>
              </thead>
              <tbody>
                {rows.map(({ key, conversions }, index) => (
                  <tr key={key}>
                    <td class="cut">{key || "none told"}</td>
                    <td class="right">{count(conversions)}</td>
                    <td>
                      <meter min={0} max={most} value={conversions} aria-label={`Conversions of ${key}`} />
                    </td>
                    <td class="right">{worth[index]}</td>
                  </tr>
                ))}
              </tbody>
            </Table>
          );
        }}
      </Loaded>
    </section>
  );
}

/** Each currency's sum; XXX stands for totals whose vendor did not say it. */
function amounts(value: Record<string, number>): string {
  return Object.entries(value)
    .map(([currency, amount]) => money(amount, currency === "XXX" ? null : currency))
    .join(" + ");
}
