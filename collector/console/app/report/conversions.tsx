/** Conversions and what they were worth: by day, by source, by goal. */
import { useState } from "preact/hooks";
import { Link } from "wouter-preact";
import type { ConversionCount } from "../../../store/counts";
import { pathOf } from "../api";
import { Columns } from "../chart";
import { Choice } from "../choices";
import { count, money } from "../format";
import { Card } from "../parts";
import { Empty, Loaded, useAsked } from "../resource";
import { placeOf } from "../routes";
import { Listing, right, unseen } from "../table";
import { daysUntilNow } from "./days";

const BY = { day: "day", source: "source", goal: "goal" };

export function Conversions({ site, from }: { site: string; from: string }) {
  const [by, setBy] = useState<keyof typeof BY>("day");
  const path = pathOf(["v1", "sites", site, "conversions"], { by, from, standing: "0" });
  const found = useAsked<{ rows: ConversionCount[] }>(path, 60_000);
  return (
    <Card title="Conversions" actions={<Choice label="By" path="by" value={by} onInput={setBy} options={BY} />}>
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
            <Listing
              label={`Conversions by ${by}`}
              rows={rows}
              keyOf={({ key }) => key}
              columns={[
                [by === "goal" ? "Goal" : "Source", ({ key }) => key || "none told", "cut"],
                [right("Conversions"), ({ conversions }) => count(conversions), "right"],
                [
                  unseen("Drawn"),
                  ({ key, conversions }) => (
                    <meter min={0} max={most} value={conversions} aria-label={`Conversions of ${key}`} />
                  ),
                  "wide",
                ],
                [right("Worth"), ({ value }) => amounts(value), "right"],
              ]}
            />
          );
        }}
      </Loaded>
    </Card>
  );
}

/** The sum in each currency. XXX stands for totals whose vendor did not say the currency. */
function amounts(value: Record<string, number>): string {
  return Object.entries(value)
    .map(([currency, amount]) => money(amount, currency === "XXX" ? null : currency))
    .join(" + ");
}
