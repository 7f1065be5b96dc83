/** Tracking entities: what the tag reads on the pages, how well that works, and who changed what. */
import { Link } from "wouter-preact";
import type { Health } from "../answers";
import { pathOf } from "../api";
import { Ago, share, text } from "../format";
import { State } from "../parts";
import { Empty, Loaded, useAsked } from "../resource";
import { type PageProps, placeOf } from "../routes";
import { mayWrite } from "../session";
import { EntityEditor, SCOPES, TYPES } from "../site/entity-editor";
import { Items } from "../site/items";
import { Versions } from "../site/versions";
import { Listing, right } from "../table";

/** How far back an entity's health looks. */
const DAYS = 7;

export default function Entities({ site, item }: PageProps) {
  return (
    <Items
      {...{ site, item }}
      list="entities"
      one="an entity"
      Editor={EntityEditor}
      all={(document) => (
        <>
          <List key={document?.saved.version} site={site} />
          {document && <Versions key={document.saved.version} {...document} />}
        </>
      )}
    />
  );
}

function List({ site }: { site: string }) {
  const health = useAsked<{ entities: Health[] }>(pathOf(["v1", "sites", site, "entities"], { days: DAYS }), 30_000);
  return (
    <Loaded of={health}>
      {({ entities }) =>
        entities.length === 0 ? (
          <Empty title="No entities yet.">
            <p>An entity is a value on your pages, such as the basket's total. Each call then carries it.</p>
          </Empty>
        ) : (
          <Listing
            label="Entities and how they are doing"
            rows={entities}
            keyOf={({ name }) => name}
            columns={[
              [
                "Entity",
                ({ name }) => (mayWrite.value ? <Link href={placeOf(site, "entities", name)}>{name}</Link> : name),
              ],
              ["Reads", ({ type }) => TYPES[type]],
              ["Kept for", ({ scope }) => SCOPES[scope]],
              [right(`Views with it, ${DAYS} days`), ({ coverage }) => share(coverage), "right num"],
              ["Last read", LastRead, "cut"],
              ["When", ({ last_seen_at: at }) => at !== undefined && <Ago at={at} />],
              ["Last error", (entity) => <LastError site={site} {...entity} />, "cut"],
            ]}
          />
        )
      }
    </Loaded>
  );
}

function LastRead({ last_value }: Health) {
  return last_value == null ? <span class="quiet">nothing</span> : <code>{text(last_value)}</code>;
}

function LastError({ site, last_error, last_error_view }: Health & { site: string }) {
  if (!last_error) return null;
  return (
    <>
      <State kind="bad">{last_error}</State>{" "}
      {last_error_view && <Link href={placeOf(site, "visitors", last_error_view.context_id)}>its view</Link>}
    </>
  );
}
