/** Vendors: who reports the site's calls, and when each was heard of last. */
import { Link, useLocation } from "wouter-preact";
import type { Heard } from "../answers";
import { ask, ofSite } from "../api";
import { Ago, count } from "../format";
import { Page, State, Table } from "../parts";
import { Empty, Loaded, useResource } from "../resource";
import { type PageProps, placeOf } from "../routes";
import { mayWrite } from "../session";
import { useSite } from "../site/document";
import { VendorEditor } from "../site/vendor-editor";

/** Stands in the address for the vendor that is being added; no name is written so. */
const NEW = "+";

export default function Vendors({ site, item }: PageProps) {
  const [, go] = useLocation();
  const add = mayWrite.value && (
    <button
      type="button"
      class={item === undefined ? "primary" : undefined}
      onClick={() => go(placeOf(site, "vendors", NEW))}
    >
      Add a vendor
    </button>
  );
  return (
    <Page title="Vendors" actions={add}>
      {item === undefined || !mayWrite.value ? <List site={site} /> : <Edited site={site} item={item} />}
    </Page>
  );
}

function Edited({ site, item }: { site: string; item: string }) {
  const [, go] = useLocation();
  const document = useSite(site);
  const close = (name: string | null) => {
    document.reload();
    go(name === null ? placeOf(site, "vendors") : placeOf(site, "vendors", name));
  };
  return (
    <Loaded of={document}>
      {(saved) => {
        const before = saved.vendors.find(({ name }) => name === item) ?? null;
        if (before || item === NEW)
          return <VendorEditor key={`${item} ${saved.version}`} saved={saved} before={before} close={close} />;
        return (
          <Empty title={document.isLoading ? "Loading…" : `There is no vendor ${item}.`}>
            <Link href={placeOf(site, "vendors")}>All vendors</Link>
          </Empty>
        );
      }}
    </Loaded>
  );
}

function List({ site }: { site: string }) {
  const heard = useResource((signal) => ask<{ vendors: Heard[] }>(ofSite(site, "vendors"), { signal }), [site], 15_000);
  return (
    <Loaded of={heard}>
      {({ vendors }) =>
        vendors.length === 0 ? (
          <Empty title="No vendor yet.">
            <p>A vendor is who reports your calls: a call-tracking service, or your own telephone system.</p>
          </Empty>
        ) : (
          <Table label="Vendors and when they were heard of">
            <thead>
              <tr>
                <th>Vendor</th>
                <th>Format</th>
                <th>Last event</th>
                <th class="right">Events in 24 hours</th>
                <th>Last refusal</th>
              </tr>
            </thead>
            <tbody>
              {vendors.map(({ name, adapter, last_event_at, events_24h, refused: [last] }) => (
                <tr key={name}>
                  <td>{mayWrite.value ? <Link href={placeOf(site, "vendors", name)}>{name}</Link> : name}</td>
                  <td>{adapter}</td>
                  <td>
                    <Ago at={last_event_at} />
                  </td>
                  <td class="right num">{count(events_24h)}</td>
                  <td>
                    {last && (
                      <>
                        <State kind="bad">{last.reason}</State> <Ago at={last.at} />
                        {last.detail && <p class="hint">{last.detail}</p>}
                      </>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </Table>
        )
      }
    </Loaded>
  );
}
