/**
 * The editor of one vendor. Once the vendor is saved, it also shows its token, what it has to send where, and a way to
 * try it.
 */
import type { Answer } from "../answers";
import type { Fault } from "../api";
import { Choice } from "../choices";
import { Form, Text, tie } from "../form";
import { useAsked } from "../resource";
import type { Vendor } from "./document";
import { type EditorProps, useItem } from "./item";
import { Remove } from "./items";
import { VendorRequest } from "./vendor-request";
import { VendorSettings } from "./vendor-settings";

const EMPTY: Vendor = { name: "", adapter: "qprotocol", offline_prefixes: [], unusable: [] };

/** A mapping to start from. A mapping says where a payload has what. */
const MAPPING = {
  id: "call_id",
  time: { from: "started_at" },
  context_id: "context_id",
  duration: { from: "duration" },
};

export function VendorEditor(props: EditorProps<"vendors">) {
  const { saved, before } = props;
  const { item: vendor, set, form, remove } = useItem("vendors", props, EMPTY, asSaved);
  const { data: formats } = useAsked<Answer<"Presets">>("v1/presets");
  const isCustom = vendor.adapter === "custom";
  const of = tie(vendor, set);
  const more = before && (
    <Remove name={before.name} does={remove}>
      What it sends from now on is refused. Its token and secret go with it: an earlier version does not bring these
      back.
    </Remove>
  );
  return (
    <div class="two">
      <section class="card" aria-label={before ? `Vendor ${before.name}` : "New vendor"}>
        <Form {...form} more={more}>
          <Text
            label="Name"
            isCode
            autofocus={!before}
            {...of("name")}
            hint="It is part of the address that the vendor posts to."
          />
          <Choice
            label="Adapter"
            {...of("adapter")}
            options={formats?.adapters ?? [vendor.adapter]}
            hint="The format in which the vendor reports calls. For any other format, choose custom and write a mapping."
          />
          {isCustom && (
            <Text
              label="Mapping"
              path="mapping"
              isCode
              rows={12}
              value={mappingText(vendor)}
              onInput={(text) => set({ mapping: text as unknown as Vendor["mapping"] })}
              hint="JSON that says what each field of the payload means. docs/vendors.md describes every field."
            />
          )}
          {(isCustom || formats?.signed?.includes(vendor.adapter)) && (
            <Text
              label="Secret"
              type="password"
              {...of("secret")}
              hint="The key or password that the vendor uses. It is never shown again. Leave this empty to keep the current one."
            />
          )}
          <VendorSettings vendor={vendor} set={set} />
        </Form>
      </section>
      {before ? (
        <VendorRequest site={saved.tracking_id} vendor={before} />
      ) : (
        <p class="quiet">Once you save, its token and the request to give to the vendor appear here.</p>
      )}
    </div>
  );
}

/** A mapping as JSON. While somebody edits it, it is plain text that may not be JSON yet. */
function mappingText({ mapping = MAPPING }: Vendor): string {
  return typeof mapping === "string" ? mapping : JSON.stringify(mapping, null, 2);
}

/** The vendor as it would be saved, without its empty fields. */
function asSaved({ mapping: _mapping, ...vendor }: Vendor): { given: Vendor; unread?: Fault[] } {
  const filled = Object.entries(vendor).filter(([, value]) => value !== "" && value !== undefined);
  const given = { ...Object.fromEntries(filled), name: vendor.name } as Vendor;
  if (vendor.adapter !== "custom") return { given };
  try {
    return { given: { ...given, mapping: JSON.parse(mappingText({ ...vendor, mapping: _mapping })) } };
  } catch {
    return { given, unread: [{ path: "mapping", message: "is not valid JSON" }] };
  }
}
