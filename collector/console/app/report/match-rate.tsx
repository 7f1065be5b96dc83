/** How many calls were matched, by day and by vendor, and why the others were not. */

import { Link } from "wouter-preact";
import type { MatchRateRow } from "../../../read/match-rate";
import { ask, pathOf } from "../api";
import { Columns, Rate } from "../chart";
import { count, share } from "../format";
import { Card } from "../parts";
import { Empty, Loaded, useResource } from "../resource";
import { placeOf } from "../routes";
import { type Column, Listing, right } from "../table";
import { REASON_WORDS } from "../visit/explained";
import { daysUntilNow } from "./days";

/**
 * The share of call events that the incumbents join, according to Qubit's own description of its call integrations.
 * This is unverified: we have not read the description itself again.
 */
const BAND = { from: 0.67, to: 0.96, name: "67–96 %, what the incumbents reach" };
/** Matched calls, then each reason by its status. What could still be matched is above what could not. */
const PARTS = [
  { reason: null, name: "matched", kind: "matched" },
  ...[
    ["offline_vendor_id", "offline"],
    ["ambiguous_alias", "offline b"],
    ["unknown_context", "unmatched"],
    ["no_view_before_call", "unmatched b"],
    ["outside_window", "unmatched c"],
    ["erased", "unmatched d"],
    ["junk_id", "unusable"],
    ["no_id", "unusable b"],
    ["vendor_rule", "unusable c"],
  ].map(([reason = "", kind = ""]) => {
    return { reason, name: `${kind.split(" ")[0]}: ${REASON_WORDS[reason as keyof typeof REASON_WORDS]}`, kind };
  }),
];

function valuesOf(row: MatchRateRow | undefined): number[] {
  return PARTS.map(({ reason }) => (reason === null ? row?.matched : row?.reasons[reason]) ?? 0);
}

function rates(site: string, by: string, from: string, signal: AbortSignal): Promise<{ rows: MatchRateRow[] }> {
  return ask(pathOf(["v1", "sites", site, "match-rate"], { by, from }), { signal });
}

const COUNTED = (
  [
    ["Calls", "total"],
    ["Matched", "matched"],
    ["Late", "late"],
    ["Offline", "offline"],
    ["Unmatched", "unmatched"],
    ["Unusable", "unusable"],
  ] as const
).map(([head, key]): Column<MatchRateRow> => [right(head), (row) => count(row[key]), "right"]);

export function MatchRate({ site, from }: { site: string; from: string }) {
  const byDay = useResource((signal) => rates(site, "day", from, signal), [site, from], 60_000);
  const byVendor = useResource((signal) => rates(site, "vendor", from, signal), [site, from], 60_000);
  return (
    <Card title="Calls matched">
      <Loaded of={byDay}>
        {({ rows }) => {
          if (rows.length === 0) {
            return (
              <Empty title="No calls in these days.">
                <p>
                  Calls come from a vendor.{" "}
                  <Link href={placeOf(site, "vendors")}>Check whether a vendor sends them.</Link>
                </p>
              </Empty>
            );
          }
          const days = daysUntilNow(from, rows.at(-1)?.key);
          const of = new Map(rows.map((row) => [row.key, row]));
          const sum = (what: "matched" | "total" | "unusable") => rows.reduce((all, row) => all + row[what], 0);
          const base = sum("total") - sum("unusable");
          const all = base === 0 ? null : sum("matched") / base;
          return (
            <>
              <p>
                <span class="figure">{share(all)}</span>{" "}
                <span class="quiet">
                  of {base === 1 ? "1 call" : `${count(base)} calls`} that can be joined. Calls that name no visitor:{" "}
                  {count(sum("unusable"))}.
                </span>
              </p>
              <Rate
                label={`Match rate by day, ${share(all)} in all`}
                points={days.map((key) => ({ key, value: of.get(key)?.match_rate ?? null }))}
                band={BAND}
                format={share}
              />
              <Columns
                label="Calls by day, by status and reason"
                parts={PARTS}
                columns={days.map((key) => ({ key, values: valuesOf(of.get(key)) }))}
                format={count}
                more={{ name: "match rate", of: days.map((key) => share(of.get(key)?.match_rate)) }}
              />
            </>
          );
        }}
      </Loaded>
      <Loaded of={byVendor}>
        {({ rows }) =>
          rows.length > 0 && (
            <Listing
              label="By vendor"
              rows={rows}
              keyOf={({ key }) => key}
              columns={[
                [
                  "Vendor",
                  ({ key }) => <Link href={`${placeOf(site, "calls")}?vendor=${encodeURIComponent(key)}`}>{key}</Link>,
                ],
                [right("Match rate"), (row) => share(row.match_rate), "right strong"],
                ...COUNTED,
              ]}
            />
          )
        }
      </Loaded>
    </Card>
  );
}
