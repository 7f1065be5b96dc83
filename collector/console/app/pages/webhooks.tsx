/** Webhooks: who is told of calls, and what became of each delivery. */
import { Link } from "wouter-preact";
import { State } from "../parts";
import { Platforms } from "../report/platforms";
import { Empty } from "../resource";
import { type PageProps, placeOf } from "../routes";
import { Deliveries } from "../site/deliveries";
import type { SavedSite } from "../site/document";
import { Items } from "../site/items";
import { goesByGoals, isPlatform } from "../site/platform";
import { EVENTS, FORMATS, WebhookEditor } from "../site/webhook-editor";
import { WhyNotSent } from "../site/why-not-sent";
import { Listing } from "../table";

export default function Webhooks({ site, item }: PageProps) {
  return (
    <Items
      {...{ site, item }}
      list="webhooks"
      one="a webhook"
      Editor={WebhookEditor}
      all={(document) => <All site={site} saved={document?.saved} />}
    />
  );
}

/** Shows all webhooks. A reader does not see where they send to. */
function All({ site, saved }: { site: string; saved: SavedSite | undefined }) {
  const webhooks = saved?.webhooks ?? [];
  return (
    <>
      {saved && <List saved={saved} />}
      {webhooks.some(({ format }) => isPlatform(format)) && <Platforms site={site} />}
      <Deliveries site={site} webhooks={webhooks.map(({ name }) => name)} />
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
    <Listing
      label="Webhooks"
      rows={saved.webhooks}
      keyOf={({ name }) => name}
      columns={[
        ["Webhook", ({ name }) => <Link href={placeOf(saved.tracking_id, "webhooks", name)}>{name}</Link>],
        ["Sends to", ({ url }) => url ?? "the platform", "cut"],
        ["As", ({ format }) => FORMATS[format]],
        [
          "Of calls that are",
          ({ format, on }) =>
            goesByGoals(format) ? "conversions" : on.map((event) => EVENTS[event].toLowerCase()).join(", "),
        ],
        ["State", ({ off }) => (off ? <State kind="bad">off: {off}</State> : <State kind="good">on</State>)],
      ]}
    />
  );
}
