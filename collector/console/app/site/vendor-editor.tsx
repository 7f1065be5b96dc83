/** One vendor as it is written; once saved, its token, what it has to send where, and a try. */
import { useState } from "preact/hooks";
import type { Answer } from "../answers";
import { ask, Problem } from "../api";
import { useDraft } from "../drafts";
import { Choice, Form, Text } from "../form";
import { Remove, say } from "../parts";
import { useResource } from "../resource";
import { type SavedSite, saveSite, useCheck, type Vendor, withItem, without } from "./document";
import { VendorRequest } from "./vendor-request";
import { VendorSettings } from "./vendor-settings";

const EMPTY: Vendor = { name: "", adapter: "qprotocol", offline_prefixes: [], unusable: [] };

/** A mapping to begin with: what a payload says where. */
const MAPPING = {
  id: "call_id",
  time: { from: "started_at" },
  context_id: "context_id",
  duration: { from: "duration" },
};

export function VendorEditor(props: { saved: SavedSite; before: Vendor | null; close: (name: string | null) => void }) {
  const { saved, before, close } = props;
  const site = saved.tracking_id;
  const key = `${site}/vendors/${before?.name ?? ""}`;
  const { draft: vendor, write: setVendor, forget } = useDraft(key, before ?? EMPTY);
  const [mapping, setMapping] = useState(JSON.stringify(before?.mapping ?? MAPPING, null, 2));
  const formats = useResource((signal) => ask<Answer<"Presets">>("v1/presets", { signal }), []);
  const set = (change: Partial<Vendor>) => setVendor({ ...vendor, ...change });
  const isCustom = vendor.adapter === "custom";
  const read = isCustom ? parsed(mapping) : undefined;
  const given = asSaved(vendor, read);
  const { document, prefix } = withItem(saved, "vendors", before?.name ?? null, given);
  const isTouched = vendor !== (before ?? EMPTY) || (isCustom && mapping !== JSON.stringify(before?.mapping, null, 2));
  const { errors } = useCheck(site, isTouched && read !== null ? document : null);
  const unread = read === null ? [{ path: `${prefix}.mapping`, message: "is not valid JSON" }] : [];
  const begun = errors.filter(({ path }) => !(path === `${prefix}.name` && vendor.name === ""));

  function leave(name: string | null) {
    forget();
    close(name);
  }
  async function save() {
    if (unread.length > 0) throw new Problem(400, "The mapping cannot be read.", unread);
    const { version } = await saveSite(site, document);
    say(`Saved ${given.name} as version ${version}.`);
    leave(given.name);
  }
  async function remove(name: string) {
    await saveSite(site, without(saved, "vendors", name));
    say(`Removed ${name}.`);
    leave(null);
  }

  return (
    <div class="two">
      <section class="card" aria-label={before ? `Vendor ${before.name}` : "New vendor"}>
        <Form
          faults={[...begun, ...unread]}
          prefix={prefix}
          onSave={save}
          onCancel={() => leave(null)}
          more={
            before && (
              <Remove name={before.name} does={() => remove(before.name)}>
                What it sends from now on is refused. Its token and secret go with it: an earlier version does not bring
                these back.
              </Remove>
            )
          }
        >
          <Text
            label="Name"
            path="name"
            isCode
            autofocus={!before}
            value={vendor.name}
            onInput={(name) => set({ name })}
            hint="It is part of the address that the vendor posts to."
          />
          <Choice
            label="Adapter"
            path="adapter"
            value={vendor.adapter}
            onInput={(adapter) => set({ adapter })}
            options={(formats.data?.adapters ?? [vendor.adapter]).map((value) => ({ value, label: value }))}
            hint="The format in which the vendor reports calls. For any other format, choose custom and write a mapping."
          />
          {isCustom && (
            <Text
              label="Mapping"
              path="mapping"
              isCode
              rows={12}
              value={mapping}
              onInput={setMapping}
              hint="JSON that says what each field of the payload means. docs/vendors.md describes every field."
            />
          )}
          {(isCustom || formats.data?.signed?.includes(vendor.adapter)) && (
            <Text
              label="Secret"
              path="secret"
              type="password"
              value={vendor.secret ?? ""}
              onInput={(secret) => set({ secret })}
              hint="The key or password that the vendor uses. It is never shown again. Leave this empty to keep the current one."
            />
          )}
          <VendorSettings vendor={vendor} set={set} />
        </Form>
      </section>
      {before ? (
        <VendorRequest site={site} vendor={before} />
      ) : (
        <p class="quiet">Once you save, its token and the request to give to the vendor appear here.</p>
      )}
    </div>
  );
}

/** The vendor as it is saved: what is empty is left out. */
function asSaved({ mapping: _mapping, ...vendor }: Vendor, mapping: unknown): Vendor {
  const given = Object.entries(vendor).filter(([, value]) => value !== "" && value !== undefined);
  return { ...Object.fromEntries(given), ...(mapping ? { mapping } : {}), name: vendor.name } as Vendor;
}

/** JSON's value; null where it is none. */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}
