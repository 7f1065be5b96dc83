/** Vendors: who reports the site's calls, and when the collector last heard from each. */
import { Link } from "wouter-preact";
import type { Heard } from "../answers";
import { ofSite } from "../api";
import { Ago, count } from "../format";
import { State } from "../parts";
import { Empty, Loaded, useAsked } from "../resource";
import { type PageProps, placeOf } from "../routes";
import { mayWrite } from "../session";
import { Items } from "../site/items";
import { VendorEditor } from "../site/vendor-editor";
import { Listing, right } from "../table";

export default function Vendors({ site, item }: PageProps) {
  return (
    <Items {...{ site, item }} list="vendors" one="a vendor" Editor={VendorEditor} all={() => <List site={site} />} />
  );
}

function List({ site }: { site: string }) {
  const heard = useAsked<{ vendors: Heard[] }>(ofSite(site, "vendors"), 15_000);
  return (
    <Loaded of={heard}>
      {({ vendors }) =>
        vendors.length === 0 ? (
          <Empty title="No vendor yet.">
            <p>A vendor is who reports your calls: a call-tracking service, or your own telephone system.</p>
          </Empty>
        ) : (
          <Listing
            label="Vendors and when they were heard of"
            rows={vendors}
            keyOf={({ name }) => name}
            columns={[
              [
                "Vendor",
                ({ name }) => (mayWrite.value ? <Link href={placeOf(site, "vendors", name)}>{name}</Link> : name),
              ],
              ["Format", ({ adapter }) => adapter],
              ["Last event", ({ last_event_at }) => <Ago at={last_event_at} />],
              [right("Events in 24 hours"), ({ events_24h }) => count(events_24h), "right num"],
              ["Last refusal", ({ refused: [last] }) => last && <Refusal {...last} />],
            ]}
          />
        )
      }
    </Loaded>
  );
}

function Refusal({ reason, at, detail }: Heard["refused"][number]) {
  return (
    <>
      <State kind="bad">{reason}</State> <Ago at={at} />
      {detail && <p class="hint">{detail}</p>}
    </>
  );
}
