/** One entity as it is written: checked by the collector while it is typed, and tried on a page before it is saved. */
import { useState } from "preact/hooks";
import type { Answer } from "../answers";
import { ask } from "../api";
import { useDraft } from "../drafts";
import { Choice, Form, Text } from "../form";
import { text } from "../format";
import { Remove, State, say, Table } from "../parts";
import { useResource } from "../resource";
import { mayWrite } from "../session";
import { usePageCheck } from "./check-page";
import { type Entity, type SavedSite, saveSite, useCheck, withItem, without } from "./document";
import { OpenPage, Waiting } from "./installed";

export const TYPES = { simple: "Simple", expression: "Expression" };
export const SCOPES = { session: "Session", page_view: "Page view" };

const EMPTY: Entity = { name: "", type: "simple", scope: "session", value: "" };

export function EntityEditor(props: { saved: SavedSite; before: Entity | null; close: (isSaved: boolean) => void }) {
  const { saved, before, close } = props;
  const key = `${saved.tracking_id}/entities/${before?.name ?? ""}`;
  const { draft: entity, write: setEntity, forget } = useDraft(key, before ?? EMPTY);
  const { document, prefix } = withItem(saved, "entities", before?.name ?? null, entity);
  const isTouched = entity !== (before ?? EMPTY);
  const verdict = useCheck(saved.tracking_id, isTouched ? document : null);
  const set = (change: Partial<Entity>) => setEntity({ ...entity, ...change });

  function leave(isSaved: boolean) {
    forget();
    close(isSaved);
  }
  async function save() {
    const { version } = await saveSite(saved.tracking_id, document);
    say(`Saved ${entity.name} as version ${version}. Pages have it within minutes.`);
    leave(true);
  }
  async function remove(name: string) {
    const { version } = await saveSite(saved.tracking_id, without(saved, "entities", name));
    say(`Removed ${name} with version ${version}. To go back, open Versions.`);
    leave(true);
  }
  const more = before && (
    <Remove name={before.name} does={() => remove(before.name)}>
      Calls that come from now on do not carry it. An earlier version brings it back.
    </Remove>
  );

  return (
    <div class="two">
      <section class="card" aria-label={before ? `Entity ${before.name}` : "New entity"}>
        {!before && <Preset choose={setEntity} />}
        <Form
          // Nothing is wrong with what nobody has begun to write.
          faults={verdict.errors.filter(({ path }) => isBegun(path, prefix, entity))}
          warnings={verdict.warnings}
          prefix={prefix}
          onSave={save}
          onCancel={() => leave(false)}
          more={more}
          readOnly={!mayWrite.value}
        >
          <Text
            label="Name"
            path="name"
            isCode
            autofocus={!before}
            value={entity.name}
            onInput={(name) => set({ name })}
          />
          <div class="pair">
            <Choice
              label="Type"
              path="type"
              value={entity.type}
              onInput={(type) => set({ type: type as Entity["type"] })}
              options={optionsOf(TYPES)}
              hint={
                entity.type === "simple"
                  ? "A literal or the path of a variable, read once in each view."
                  : "Any single JavaScript expression, followed while the page is open."
              }
            />
            <Choice
              label="Scope"
              path="scope"
              value={entity.scope}
              onInput={(scope) => set({ scope: scope as Entity["scope"] })}
              options={optionsOf(SCOPES)}
              hint={
                entity.scope === "session"
                  ? "A call gets the last value of the visit, whichever page it was read on."
                  : "A call gets the value of the page it came from. If that page has none, the call has none, even if the page before had one."
              }
            />
          </div>
          <Text
            label="Value"
            path="value"
            isCode
            rows={4}
            value={entity.value}
            onInput={(value) => set({ value })}
            hint="The JavaScript, exactly as you would type it into your page's console."
          />
          {saved.vendors.length > 0 && (
            <Choice
              label="Identifies the visitor for"
              path="identifies"
              value={entity.identifies ?? ""}
              onInput={(vendor) => setEntity(withIdentifies(entity, vendor))}
              options={[
                { value: "", label: "nobody" },
                ...saved.vendors.map(({ name }) => ({ value: name, label: name })),
              ]}
              hint="If this is the vendor's own visitor id, the vendor's calls match by it."
            />
          )}
        </Form>
      </section>
      {mayWrite.value && <TryOnPage saved={saved} entity={entity} />}
    </div>
  );
}

function Preset({ choose }: { choose: (entity: Entity) => void }) {
  const { data } = useResource((signal) => ask<Answer<"Presets">>("v1/presets", { signal }), []);
  if (!data) return null;
  return (
    <Choice
      label="Start from"
      path="preset"
      value=""
      onInput={(index) => {
        const chosen = data.presets[Number(index)];
        if (chosen) choose(chosen.entity);
      }}
      options={[
        { value: "", label: "an empty one" },
        ...data.presets.map(({ title }, index) => ({ value: String(index), label: title })),
      ]}
    />
  );
}

/** The value as a page of the site's has it, live, while it is being written. */
function TryOnPage({ saved, entity }: { saved: SavedSite; entity: Entity }) {
  const [page, setPage] = useState(saved.origins[0] ?? "");
  const { opened, open } = usePageCheck(saved.tracking_id);
  const tried = opened.report?.page?.tried ?? [];
  return (
    <section class="card" aria-labelledby="try">
      <h2 id="try">See it live</h2>
      <OpenPage
        page={page}
        setPage={setPage}
        label="Page to open"
        save="Try it on my page"
        open={(address) => open(address, [{ ...entity, name: entity.name || "tried" }])}
      />
      <Waiting opened={opened} />
      {opened.report && (
        <div aria-live="polite">
          <Table label="What the page says">
            <tbody>
              {tried.map(({ name, value, status, error, why }) => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td>
                    {error ? (
                      <State kind="bad">{error}</State>
                    ) : value == null ? (
                      <span class="quiet">empty</span>
                    ) : (
                      <code>{text(value)}</code>
                    )}
                  </td>
                  <td class="quiet">{why ?? status}</td>
                </tr>
              ))}
            </tbody>
          </Table>
        </div>
      )}
    </section>
  );
}

function isBegun(path: string, prefix: string, entity: Entity): boolean {
  return !(path === `${prefix}.name` && entity.name === "") && !(path === `${prefix}.value` && entity.value === "");
}

function withIdentifies({ identifies: _before, ...entity }: Entity, vendor: string): Entity {
  return vendor === "" ? entity : { ...entity, identifies: vendor };
}

function optionsOf(words: Record<string, string>): { value: string; label: string }[] {
  return Object.entries(words).map(([value, label]) => ({ value, label }));
}
