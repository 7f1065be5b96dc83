/**
 * One item of a site's document while somebody edits it: its draft, what the collector would say about it, saving it,
 * and removing it.
 */
import { type Fault, Problem } from "../api";
import { useDraft } from "../drafts";
import type { FormProps } from "../form";
import { say } from "../parts";
import { type ListName, type SavedSite, type Site, saveSite, useCheck, withItem, without } from "./document";

type Item<Name extends ListName> = Site[Name][number];

/** The props of every editor of an item. */
export interface EditorProps<Name extends ListName> {
  saved: SavedSite;
  /** Null for a new item. */
  before: Item<Name> | null;
  /** Reads the site's document again. */
  reload: () => void;
  /** Shows the item of this name, or all items. */
  close: (name: string | null) => void;
}

interface Written<Name extends ListName> {
  item: Item<Name>;
  set: (change: Partial<Item<Name>>) => void;
  /** The item as it would be saved. */
  given: Item<Name>;
  isTouched: boolean;
  form: Omit<FormProps, "children">;
  remove: () => Promise<void>;
}

export function useItem<Name extends ListName>(
  list: Name,
  { saved, before, reload, close }: EditorProps<Name>,
  empty: Item<Name>,
  /** Makes the item as it would be saved. `unread` are the faults that prevent asking the collector about it. */
  asSaved: (item: Item<Name>) => { given: Item<Name>; unread?: Fault[] } = (item) => ({ given: item }),
): Written<Name> {
  const site = saved.tracking_id;
  const initial = before ?? empty;
  const { draft: item, write, forget, isOvertaken } = useDraft(`${site}/${list}/${before?.name ?? ""}`, initial);
  const { given, unread = [] } = asSaved(item);
  const { document, prefix } = withItem(saved, list, before?.name ?? null, given);
  const isTouched = item !== initial;
  const { errors, warnings } = useCheck(site, isTouched && unread.length === 0 ? document : null);
  const local = unread.map(({ path, message }) => ({ path: `${prefix}.${path}`, message }));

  function leave(name: string | null) {
    forget();
    close(name);
  }
  async function save() {
    if (local.length > 0) throw new Problem(400, "This cannot be read.", local);
    const { version } = await saveSite(site, document);
    say(`Saved ${given.name} as version ${version}.${list === "entities" ? " Pages have it within minutes." : ""}`);
    leave(given.name);
  }
  async function remove() {
    if (!before) return;
    const { version } = await saveSite(site, without(saved, list, before.name));
    say(`Removed ${before.name} with version ${version}. To go back, open Entities.`);
    leave(null);
  }
  return {
    ...{ item, given, isTouched, remove },
    set: (change) => write({ ...item, ...change }),
    form: {
      // A field that is still empty shows no faults: nobody has begun to fill it in.
      faults: [...errors.filter(({ path }) => !isBlank(path.slice(prefix.length + 1), given)), ...local],
      ...{ warnings, prefix, isOvertaken },
      onSave: save,
      onCancel: () => leave(null),
      onConflict: reload,
    },
  };
}

function isBlank(path: string, item: object): boolean {
  const value = Object.entries(item).find(([key]) => key === path)?.[1];
  return path !== "" && !path.includes(".") && (value === undefined || value === "");
}
