/** How a site does: what needs somebody, how many calls were matched and why the others were not, what they were worth, what is read. */
import { useState } from "preact/hooks";
import { Link } from "wouter-preact";
import type { AttentionItem } from "../../../read/attention";
import type { Health } from "../answers";
import { ask, ofSite } from "../api";
import { Choice } from "../form";
import { count, share } from "../format";
import { Page, State, Table } from "../parts";
import { Conversions } from "../report/conversions";
import { dayBefore } from "../report/days";
import { MatchRate } from "../report/match-rate";
import { Empty, Loaded, useResource } from "../resource";
import { type PageProps, placeOf } from "../routes";

const SPANS = [7, 30, 90];

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
          options={SPANS.map((value) => ({ value: String(value), label: `the last ${value}` }))}
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
  const found = useResource(
    (signal) => ask<{ items: AttentionItem[] }>(ofSite(site, "attention"), { signal }),
    [site],
    60_000,
  );
  return (
    <section class="card" aria-labelledby="attention">
      <h2 id="attention">What needs attention</h2>
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
    </section>
  );
}

function Coverage({ site }: { site: string }) {
  const found = useResource((signal) => ask<{ entities: Health[] }>(ofSite(site, "entities"), { signal }), [site]);
  return (
    <section class="card" aria-labelledby="coverage">
      <h2 id="coverage">Entities with a value</h2>
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
            <Table label="On how many of the latest views each entity had a value">
              <tbody>
                {entities.map(({ name, views, with_value, coverage, last_error }) => (
                  <tr key={name}>
                    <th scope="row">
                      <Link href={placeOf(site, "entities", name)}>{name}</Link>
                    </th>
                    <td class="right">{share(coverage)}</td>
                    <td class="wide">
                      <meter min={0} max={1} value={coverage ?? 0} aria-label={`Share of views with ${name}`} />
                    </td>
                    <td class="quiet">
                      {count(with_value)} of {count(views)} views
                    </td>
                    <td>{last_error && <State kind="bad">{last_error}</State>}</td>
                  </tr>
                ))}
              </tbody>
            </Table>
          )
        }
      </Loaded>
    </section>
  );
}
