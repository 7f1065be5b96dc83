/** What a vendor may need besides its format. */
import { RULE_FIELDS, SUMMARY_TYPES } from "../../../wire/lists";
import { Choice } from "../choices";
import { Text, tie } from "../form";
import { Rows } from "../rows";
import { Listed } from "../typed";
import type { Vendor } from "./document";

type Rule = Vendor["unusable"][number];
type Handed = NonNullable<Vendor["bridge"]>;

const RULE: Rule = { field: "source", matches: "" };

/** The ways in which a page can hand the context_id to the vendor's own tag. Each way needs a name. */
const BRIDGES: Record<Handed["type"], { label: string; named: string; hint: string; fresh: Handed }> = {
  infinity: {
    ...{ label: "Infinity's tag", named: "Custom variable", hint: "Of Infinity's tag." },
    fresh: { type: "infinity", name: "context_id" },
  },
  cookie: {
    ...{ label: "a cookie", named: "Cookie's name", hint: "It is the site's own." },
    fresh: { type: "cookie", name: "" },
  },
  field: {
    ...{ label: "form fields", named: "Fields' name", hint: "Also in forms that are added later." },
    fresh: { type: "field", name: "" },
  },
  tel: {
    ...{ label: "tel: links", named: "Attribute", hint: "It must begin with data-." },
    fresh: { type: "tel", attribute: "data-" },
  },
};

export function VendorSettings({ vendor, set }: { vendor: Vendor; set: (change: Partial<Vendor>) => void }) {
  const of = tie(vendor, set);
  return (
    <details>
      <summary>More settings</summary>
      <div class="fields">
        <Choice
          label="Calls are"
          {...of("type")}
          onInput={(type) => set({ type: type || undefined })}
          none="as usual"
          options={SUMMARY_TYPES}
        />
        <Text
          label="Field of the context_id"
          isCode
          {...of("context_id_from")}
          hint="If it is not the format's usual one."
        />
        <Text label="Field of the vendor's visitor id" isCode {...of("visitor_id_from")} hint="Likewise." />
        <Text
          label="Time zone"
          isCode
          {...of("timezone")}
          hint="The zone of times that do not state one, such as Europe/London. UTC if empty."
        />
        <Text
          label="Country"
          isCode
          {...of("country")}
          hint="The country of phone numbers written without one: two letters, such as GB."
        />
        <Listed
          label="Its own visitor ids begin with"
          isCode
          between=" "
          read={(typed) => typed.split(/\s+/).filter(Boolean)}
          {...of("offline_prefixes")}
          hint="If they come in place of the context_id. Separate several with spaces."
        />
        <Rows
          legend="Calls that belong to no visit"
          hint="An offline call that meets one of these rules does not count in the match rate."
          what="rule"
          path="unusable"
          rows={vendor.unusable}
          onChange={(unusable) => set({ unusable })}
          fresh={RULE}
        >
          {(rule, path, put) => {
            const its = tie<Rule>(rule, (change) => put({ ...rule, ...change }), `${path}.`);
            return (
              <>
                <Choice label="Field" {...its("field")} options={RULE_FIELDS} />
                <Text label="Matches" isCode {...its("matches")} hint="A regular expression, such as ^test." />
              </>
            );
          }}
        </Rows>
        <Bridge bridge={vendor.bridge} set={(bridge) => set({ bridge })} />
      </div>
    </details>
  );
}

function Bridge({ bridge, set }: { bridge: Handed | undefined; set: (bridge: Handed | undefined) => void }) {
  const key = bridge?.type === "tel" ? "attribute" : "name";
  return (
    <>
      <Choice
        label="The page hands the context_id to"
        path="bridge.type"
        value={bridge?.type}
        onInput={(type) => set(BRIDGES[type]?.fresh)}
        none="nothing"
        options={Object.entries(BRIDGES).map(([value, { label }]) => ({ value: value as Handed["type"], label }))}
        hint="The place where the vendor's own tag picks it up."
      />
      {bridge && (
        <Text
          label={BRIDGES[bridge.type].named}
          path={`bridge.${key}`}
          isCode
          value={bridge.type === "tel" ? bridge.attribute : bridge.name}
          onInput={(to) => set({ ...bridge, [key]: to } as Handed)}
          hint={BRIDGES[bridge.type].hint}
        />
      )}
    </>
  );
}
