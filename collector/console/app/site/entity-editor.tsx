/**
 * The editor of one entity. The collector checks it while somebody types, and people can try it on a page before they
 * save it.
 */
import { useState } from "preact/hooks";
import type { Answer } from "../answers";
import { Choice } from "../choices";
import { Form, Text, tie } from "../form";
import { text } from "../format";
import { Card, State } from "../parts";
import { useAsked } from "../resource";
import { Listing } from "../table";
import { usePageCheck } from "./check-page";
import type { Entity, SavedSite } from "./document";
import { OpenPage, Waiting } from "./installed";
import { type EditorProps, useItem } from "./item";
import { Remove } from "./items";

export const TYPES = { simple: "Simple", expression: "Expression" };
export const SCOPES = { session: "Session", page_view: "Page view" };

const TYPE_HINTS = {
  simple: "A literal or the path of a variable, read once in each view.",
  expression: "Any single JavaScript expression, followed while the page is open.",
};
const SCOPE_HINTS = {
  session: "A call gets the last value of the visit, whichever page it was read on.",
  page_view:
    "A call gets the value of the page it came from. If that page has none, the call has none, even if the page before had one.",
};

const EMPTY: Entity = { name: "", type: "simple", scope: "session", value: "" };

export function EntityEditor(props: EditorProps<"entities">) {
  const { saved, before } = props;
  const toList = { ...props, close: () => props.close(null) };
  const { item: entity, set, form, remove } = useItem("entities", toList, EMPTY, (given) => ({ given }));
  const of = tie(entity, set);
  const more = before && (
    <Remove name={before.name} does={remove}>
      Calls that come from now on do not carry it. An earlier version brings it back.
    </Remove>
  );
  return (
    <div class="two">
      <section class="card" aria-label={before ? `Entity ${before.name}` : "New entity"}>
        {!before && <Preset choose={set} />}
        <Form {...form} more={more}>
          <Text label="Name" isCode autofocus={!before} {...of("name")} />
          <div class="pair">
            <Choice label="Type" {...of("type")} options={TYPES} hint={TYPE_HINTS[entity.type]} />
            <Choice label="Scope" {...of("scope")} options={SCOPES} hint={SCOPE_HINTS[entity.scope]} />
          </div>
          <Text
            label="Value"
            isCode
            rows={4}
            {...of("value")}
            hint="The JavaScript, exactly as you would type it into your page's console."
          />
          {saved.vendors.length > 0 && (
            <Choice
              label="Identifies the visitor for"
              {...of("identifies")}
              onInput={(vendor) => set({ identifies: vendor || undefined })}
              none="nobody"
              options={saved.vendors.map(({ name }) => name)}
              hint="If this is the vendor's own visitor id, the vendor's calls match by it."
            />
          )}
        </Form>
      </section>
      <TryOnPage saved={saved} entity={entity} />
    </div>
  );
}

function Preset({ choose }: { choose: (entity: Entity) => void }) {
  const { data } = useAsked<Answer<"Presets">>("v1/presets");
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
      none="an empty one"
      options={data.presets.map(({ title }, index) => ({ value: String(index), label: title }))}
    />
  );
}

/** Shows live which value a page of the site has, while somebody edits the entity. */
function TryOnPage({ saved, entity }: { saved: SavedSite; entity: Entity }) {
  const [page, setPage] = useState(saved.origins[0] ?? "");
  const { opened, open } = usePageCheck(saved.tracking_id);
  const tried = opened.report?.page?.tried ?? [];
  return (
    <Card title="See it live">
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
          <Listing
            label="What the page says"
            isNamed
            rows={tried}
            keyOf={({ name }) => name}
            columns={[
              ["", ({ name }) => name],
              ["", ({ value, error }) => (error ? <State kind="bad">{error}</State> : shownValue(value))],
              ["", ({ why, status }) => why ?? status, "quiet"],
            ]}
          />
        </div>
      )}
    </Card>
  );
}

function shownValue(value: unknown) {
  return value == null ? <span class="quiet">empty</span> : <code>{text(value)}</code>;
}
