/** Webhooks: whom to tell of calls, and what became of each delivery. */
import { Link, useLocation } from "wouter-preact";
import { Page, State, Table } from "../parts";
import { Platforms } from "../report/platforms";
import { Empty, Loaded } from "../resource";
import { type PageProps, placeOf } from "../routes";
import { mayWrite } from "../session";
import { Deliveries } from "../site/deliveries";
import { type SavedSite, useSite } from "../site/document";
import { goesByGoals, isPlatform } from "../site/platform";
import { EVENTS, FORMATS, WebhookEditor } from "../site/webhook-editor";
import { WhyNotSent } from "../site/why-not-sent";

/** Stands in the address for the webhook that is being added; no name is written so. */
const NEW = "+";

export default function Webhooks({ site, item }: PageProps) {
  const [, go] = useLocation();
  const add = mayWrite.value && (
    <button
      type="button"
      class={item === undefined ? "primary" : undefined}
      onClick={() => go(placeOf(site, "webhooks", NEW))}
    >
      Add a webhook
    </button>
  );
  return (
    <Page title="Webhooks" actions={add}>
      {mayWrite.value ? <Written site={site} item={item} /> : <Log site={site} webhooks={[]} />}
    </Page>
  );
}

/** What a reader does not see: where webhooks send to. */
function Written({ site, item }: PageProps) {
  const [, go] = useLocation();
  const document = useSite(site);
  const list = placeOf(site, "webhooks");
  const close = (name: string | null) => {
    document.reload();
    go(name === null ? list : placeOf(site, "webhooks", name));
  };
  return (
    <Loaded of={document}>
      {(saved) => {
        if (item === undefined) {
          return (
            <>
              <List saved={saved} />
              {saved.webhooks.some(({ format }) => isPlatform(format)) && <Platforms site={site} />}
              <Log site={site} webhooks={saved.webhooks.map(({ name }) => name)} />
            </>
          );
        }
        const before = saved.webhooks.find(({ name }) => name === item) ?? null;
        if (before || item === NEW)
          return <WebhookEditor key={`${item} ${saved.version}`} saved={saved} before={before} close={close} />;
        return (
          <Empty title={document.isLoading ? "Loading…" : `There is no webhook ${item}.`}>
            <Link href={list}>All webhooks</Link>
          </Empty>
        );
      }}
    </Loaded>
  );
}

function Log({ site, webhooks }: { site: string; webhooks: string[] }) {
  return (
    <>
      <Deliveries site={site} webhooks={webhooks} />
      <WhyNotSent site={site} />
    </>
  );
}

function List({ saved }: { saved: SavedSite }) {
  if (saved.webhooks.length === 0) {
    return (
      <Empty title="No webhooks yet.">
        <p>A webhook tells your CRM about each matched call, under names that the CRM knows.</p>
      </Empty>
    );
  }
  return (
    <Table label="Webhooks">
      <thead>
        <tr>
          <th>Webhook</th>
          <th>Sends to</th>
          <th>As</th>
          <th>Calls that are</th>
          <th>State</th>
        </tr>
      </thead>
      <tbody>
        {saved.webhooks.map(({ name, url, format, on, off }) => (
          <tr key={name}>
            <td>
              <Link href={placeOf(saved.tracking_id, "webhooks", name)}>{name}</Link>
            </td>
            <td class="cut">{url ?? "the platform"}</td>
            <td>{FORMATS[format]}</td>
            <td>{goesByGoals(format) ? "conversions" : on.map((event) => EVENTS[event].toLowerCase()).join(", ")}</td>
            <td>{off ? <State kind="bad">off: {off}</State> : <State kind="good">on</State>}</td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
