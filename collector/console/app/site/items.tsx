/** A page about one list of a site's document. It shows all of its items, or the editor of one. */
import type { ComponentType, VNode } from "preact";
import { Link, useLocation } from "wouter-preact";
import { Confirm, Page } from "../parts";
import { Empty, Loaded } from "../resource";
import { placeOf } from "../routes";
import { mayWrite } from "../session";
import { type SavedSite, useSite } from "./document";
import type { EditorProps } from "./item";

/** Takes the place of the name in the address while somebody adds an item. No item has this name. */
const NEW = "+";

interface ItemsProps<Name extends "entities" | "vendors" | "webhooks"> {
  site: string;
  item: string | undefined;
  list: Name;
  /** What one item is called, with its article: `an entity`. */
  one: string;
  Editor: ComponentType<EditorProps<Name>>;
  /** Shows all items, while nobody edits one. A reader does not see the document. */
  all: (document: { saved: SavedSite; reload: () => void } | null) => VNode;
}

export function Items<Name extends "entities" | "vendors" | "webhooks">(props: ItemsProps<Name>) {
  const { site, item, list, one, all } = props;
  const [, go] = useLocation();
  const add = mayWrite.value && (
    <button
      type="button"
      class={item === undefined ? "primary" : undefined}
      onClick={() => go(placeOf(site, list, NEW))}
    >
      Add {one}
    </button>
  );
  return (
    <Page title={`${list.charAt(0).toUpperCase()}${list.slice(1)}`} actions={add}>
      {mayWrite.value ? <Written {...props} /> : all(null)}
    </Page>
  );
}

function Written<Name extends "entities" | "vendors" | "webhooks">(props: ItemsProps<Name>) {
  const { site, item, list, one, Editor, all } = props;
  const [, go] = useLocation();
  const document = useSite(site);
  const { reload, isLoading } = document;
  function close(name: string | null) {
    reload();
    go(name === null ? placeOf(site, list) : placeOf(site, list, name));
  }
  return (
    <Loaded of={document}>
      {(saved) => {
        if (item === undefined) return all({ saved, reload });
        const before = saved[list].find(({ name }) => name === item) ?? null;
        if (before || item === NEW) {
          const known: EditorProps<Name> = { saved, before, reload, close };
          return <Editor key={`${item} ${saved.version}`} {...known} />;
        }
        return (
          <Empty title={isLoading ? "Loading…" : `There is no ${one.replace(/^an? /, "")} ${item}.`}>
            <Link href={placeOf(site, list)}>All {list}</Link>
          </Empty>
        );
      }}
    </Loaded>
  );
}

/** A button that removes an item. It first says what else will be gone. */
export function Remove({ name, does, children }: { name: string; does: () => Promise<void>; children: string }) {
  return (
    <Confirm
      {...{
        class: "danger",
        button: "Remove it",
        title: `Remove ${name}?`,
        yes: `Remove ${name}`,
        no: "Keep it",
        does,
      }}
    >
      {children}
    </Confirm>
  );
}
