/** Tracking entities: what the tag reads on the pages, how well it does, and who changed what. */
import { Link, useLocation } from "wouter-preact";
import type { Health } from "../answers";
import { ask, pathOf } from "../api";
import { Ago, share, text } from "../format";
import { Page, State, Table } from "../parts";
import { Empty, Loaded, useResource } from "../resource";
import { type PageProps, placeOf } from "../routes";
import { mayWrite } from "../session";
import { useSite } from "../site/document";
import { EntityEditor, SCOPES, TYPES } from "../site/entity-editor";
import { Versions } from "../site/versions";

/** Stands in the address for the entity that is being added; no name is written so. */
const NEW = "+";

/** How far back an entity's health looks. */
const DAYS = 7;

export default function Entities({ site, item }: PageProps) {
  const [, go] = useLocation();
  const add = mayWrite.value && (
    <button
      type="button"
      class={item === undefined ? "primary" : undefined}
      onClick={() => go(placeOf(site, "entities", NEW))}
    >
      Add an entity
    </button>
  );
  return (
    <Page title="Entities" actions={add}>
      {mayWrite.value ? <Written site={site} item={item} /> : <List site={site} version={0} />}
    </Page>
  );
}

/** What a reader does not see: the document, and so how an entity is read, and its versions. */
function Written({ site, item }: PageProps) {
  const [, go] = useLocation();
  const document = useSite(site);
  const list = placeOf(site, "entities");
  const close = (isSaved: boolean) => {
    if (isSaved) document.reload();
    go(list);
  };
  return (
    <Loaded of={document}>
      {(saved) => {
        if (item === undefined) {
          return (
            <>
              <List site={site} version={saved.version} />
              <Versions saved={saved} reload={document.reload} />
            </>
          );
        }
        const before = saved.entities.find(({ name }) => name === item) ?? null;
        if (before || item === NEW)
          return <EntityEditor key={`${item} ${saved.version}`} saved={saved} before={before} close={close} />;
        return (
          <Empty title={`There is no entity ${item}.`}>
            <Link href={list}>All entities</Link>
          </Empty>
        );
      }}
    </Loaded>
  );
}

function List({ site, version }: { site: string; version: number }) {
  const health = useResource(
    (signal) => ask<{ entities: Health[] }>(pathOf(["v1", "sites", site, "entities"], { days: DAYS }), { signal }),
    [site, version],
    30_000,
  );
  return (
    <Loaded of={health}>
      {({ entities }) =>
        entities.length === 0 ? (
          <Empty title="No entities yet.">
            <p>An entity is a value on your pages, such as the basket's total. Each call then carries it.</p>
          </Empty>
        ) : (
          <Table label="Entities and how they are doing">
            <thead>
              <tr>
                <th>Entity</th>
                <th>Reads</th>
                <th>Kept for</th>
                <th class="right">Views with it, {DAYS} days</th>
                <th>Last read</th>
                <th>When</th>
                <th>Last error</th>
              </tr>
            </thead>
            <tbody>
              {entities.map((entity) => (
                <Row key={entity.name} site={site} entity={entity} />
              ))}
            </tbody>
          </Table>
        )
      }
    </Loaded>
  );
}

function Row({ site, entity }: { site: string; entity: Health }) {
  const { name, type, scope, coverage, last_value, last_seen_at, last_error, last_error_view } = entity;
  return (
    <tr>
      <td>{mayWrite.value ? <Link href={placeOf(site, "entities", name)}>{name}</Link> : name}</td>
      <td>{TYPES[type]}</td>
      <td>{SCOPES[scope]}</td>
      <td class="right num">{share(coverage)}</td>
      <td class="cut">{last_value == null ? <span class="quiet">nothing</span> : <code>{text(last_value)}</code>}</td>
      <td>{last_seen_at === undefined ? "" : <Ago at={last_seen_at} />}</td>
      <td class="cut">
        {last_error && (
          <>
            <State kind="bad">{last_error}</State>{" "}
            {last_error_view && <Link href={placeOf(site, "visitors", last_error_view.context_id)}>its view</Link>}
          </>
        )}
      </td>
    </tr>
  );
}
