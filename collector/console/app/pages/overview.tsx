/**
 * How a site is doing: what needs attention, how many calls were matched and why the others were not, what they were
 * worth, and what the tag reads.
 */
import { useState } from "preact/hooks";
import { Link } from "wouter-preact";
import type { AttentionItem } from "../../../read/attention";
import type { Health } from "../answers";
import { ofSite } from "../api";
import { Choice } from "../choices";
import { count, share } from "../format";
import { Card, Page, State } from "../parts";
import { Conversions } from "../report/conversions";
import { dayBefore } from "../report/days";
import { MatchRate } from "../report/match-rate";
import { Empty, Loaded, useAsked } from "../resource";
import { type PageProps, placeOf } from "../routes";
import { Listing } from "../table";

const SPANS = [7, 30, 90].map((days) => ({ value: String(days), label: `the last ${days}` }));

export default function Overview({ site }: PageProps) {
  const [days, setDays] = useState(30);
  const from = dayBefore(Date.now(), days - 1);
  return (
    <Page
      title="Overview"
      actions={
        <Choice
          label="Days"
          path="days"
          value={String(days)}
          onInput={(value) => setDays(Number(value))}
          options={SPANS}
        />
      }
    >
      <Attention site={site} />
      <MatchRate site={site} from={from} />
      <Conversions site={site} from={from} />
      <Coverage site={site} />
    </Page>
  );
}

function Attention({ site }: { site: string }) {
  const found = useAsked<{ items: AttentionItem[] }>(ofSite(site, "attention"), 60_000);
  return (
    <Card title="What needs attention">
      <Loaded of={found}>
        {({ items }) =>
          items.length === 0 ? (
            <State kind="good">Nothing.</State>
          ) : (
            <ul class="findings">
              {items.map(({ kind, text, link }) => (
                <li key={`${kind} ${text}`}>
                  <State kind="warn">
                    <Link href={`/${encodeURIComponent(site)}/${link}`}>{text}</Link>
                  </State>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Card>
  );
}

function Coverage({ site }: { site: string }) {
  const found = useAsked<{ entities: Health[] }>(ofSite(site, "entities"));
  return (
    <Card title="Entities with a value">
      <Loaded of={found}>
        {({ entities }) =>
          entities.length === 0 ? (
            <Empty title="No entities yet.">
              <p>
                An entity is a value that is read on your pages and goes with each call.{" "}
                <Link href={placeOf(site, "entities")}>Add one.</Link>
              </p>
            </Empty>
          ) : (
            <Listing
              label="On how many of the latest views each entity had a value"
              isNamed
              rows={entities}
              keyOf={({ name }) => name}
              columns={[
                ["", ({ name }) => <Link href={placeOf(site, "entities", name)}>{name}</Link>],
                ["", ({ coverage }) => share(coverage), "right"],
                [
                  "",
                  ({ name, coverage }) => (
                    <meter min={0} max={1} value={coverage ?? 0} aria-label={`Share of views with ${name}`} />
                  ),
                  "wide",
                ],
                ["", ({ with_value, views }) => `${count(with_value)} of ${count(views)} views`, "quiet"],
                ["", ({ last_error }) => last_error && <State kind="bad">{last_error}</State>],
              ]}
            />
          )
        }
      </Loaded>
    </Card>
  );
}
