/** How calls stand with advertising platforms: what was sent, what is waiting, and why the rest was not sent. */
import { useState } from "preact/hooks";
import type { ConversionCount } from "../../../read/conversions";
import { pathOf } from "../api";
import { Choice } from "../choices";
import { count } from "../format";
import { Card } from "../parts";
import { Loaded, useAsked } from "../resource";
import { STANDING_WORDS } from "../standing";
import { type Column, Listing, right } from "../table";

const HEADS = { destination: "Platform", reason: "Reason", day: "Day" };
const BY = { destination: "platform", reason: "reason", day: "day" };

export function Platforms({ site }: { site: string }) {
  const [by, setBy] = useState<keyof typeof BY>("destination");
  const path = pathOf(["v1", "sites", site, "conversions"], { by });
  const found = useAsked<{ rows: Partial<ConversionCount>[] }>(path);
  return (
    <Card
      title="Calls at advertising platforms"
      actions={<Choice label="By" path="by" value={by} onInput={setBy} options={BY} />}
    >
      <p class="hint">The last 30 days. A call counts once for each platform.</p>
      <Loaded of={found}>
        {({ rows }) => (
          <Listing
            label={`Calls at platforms by ${BY[by]}`}
            rows={rows}
            keyOf={({ key = "" }) => key}
            columns={[
              [HEADS[by], ({ key = "" }) => (by === "reason" ? (STANDING_WORDS[key] ?? key) : key)],
              [right("Sent"), ({ sent = 0 }) => count(sent), "right"],
              [right("Waiting"), ({ waiting = 0 }) => count(waiting), "right"],
              [right("Not sent"), ({ not_sent = 0 }) => count(not_sent), "right"],
              ...(by === "reason" ? [] : [WHY]),
            ]}
          />
        )}
      </Loaded>
    </Card>
  );
}

const WHY: Column<Partial<ConversionCount>> = ["Why", ({ reasons = {} }) => why(reasons)];

/** The reasons, the most common first. */
function why(reasons: Record<string, number>): string {
  return Object.entries(reasons)
    .sort(([, a], [, b]) => b - a)
    .map(([reason, calls]) => `${STANDING_WORDS[reason] ?? reason}: ${count(calls)}`)
    .join("; ");
}
