/** What a vendor may need beside its format. */
import { RULE_FIELDS, SUMMARY_TYPES } from "../../../wire/lists";
import { Choice, Text } from "../form";
import { Rows } from "../rows";
import { Listed } from "../typed";
import type { Vendor } from "./document";

type Rule = Vendor["unusable"][number];
type Handed = NonNullable<Vendor["bridge"]>;

const RULE: Rule = { field: "source", matches: "" };

/** How a page can hand the context_id to the vendor's own tag, each by the name of something. */
const BRIDGES: { value: Handed["type"] | ""; label: string; named?: string; hint?: string; fresh?: Handed }[] = [
  { value: "", label: "nothing" },
  {
    value: "infinity",
    label: "Infinity's tag",
    named: "Custom variable",
    hint: "Of Infinity's tag.",
    fresh: { type: "infinity", name: "context_id" },
  },
  {
    value: "cookie",
    label: "a cookie",
    named: "Cookie's name",
    hint: "It is the site's own.",
    fresh: { type: "cookie", name: "" },
  },
  {
    value: "field",
    label: "form fields",
    named: "Fields' name",
    hint: "Also in forms that are added later.",
    fresh: { type: "field", name: "" },
  },
  {
    value: "tel",
    label: "tel: links",
    named: "Attribute",
    hint: "It must begin with data-.",
    fresh: { type: "tel", attribute: "data-" },
  },
];

export function VendorSettings({ vendor, set }: { vendor: Vendor; set: (change: Partial<Vendor>) => void }) {
  const text = (key: "context_id_from" | "visitor_id_from" | "timezone" | "country", label: string, hint: string) => (
    <Text label={label} path={key} isCode value={vendor[key] ?? ""} onInput={(to) => set({ [key]: to })} hint={hint} />
  );
  return (
    <details>
      <summary>More settings</summary>
      <div class="fields">
        <Choice
          label="Calls are"
          path="type"
          value={vendor.type ?? ""}
          onInput={(type) => set({ type: (type || undefined) as Vendor["type"] })}
          options={[{ value: "", label: "as usual" }, ...SUMMARY_TYPES.map((value) => ({ value, label: value }))]}
        />
        {text("context_id_from", "Field of the context_id", "If it is not the format's usual one.")}
        {text("visitor_id_from", "Field of the vendor's visitor id", "Likewise.")}
        {text("timezone", "Time zone", "The zone of times that do not state one, such as Europe/London. UTC if empty.")}
        {text("country", "Country", "The country of phone numbers written without one: two letters, such as GB.")}
        <Listed
          label="Its own visitor ids begin with"
          path="offline_prefixes"
          isCode
          between=" "
          read={(typed) => typed.split(/\s+/).filter(Boolean)}
          value={vendor.offline_prefixes}
          onInput={(offline_prefixes) => set({ offline_prefixes })}
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
          {({ field, matches }, path, put) => (
            <>
              <Choice
                label="Field"
                path={`${path}.field`}
                value={field}
                onInput={(to) => put({ field: to as Rule["field"], matches })}
                options={RULE_FIELDS.map((value) => ({ value, label: value }))}
              />
              <Text
                label="Matches"
                path={`${path}.matches`}
                isCode
                value={matches}
                onInput={(to) => put({ field, matches: to })}
                hint="A regular expression, such as ^test."
              />
            </>
          )}
        </Rows>
        <Bridge bridge={vendor.bridge} set={(bridge) => set({ bridge })} />
      </div>
    </details>
  );
}

function Bridge({ bridge, set }: { bridge: Handed | undefined; set: (bridge: Handed | undefined) => void }) {
  const chosen = BRIDGES.find(({ value }) => value === (bridge?.type ?? ""));
  const key = bridge?.type === "tel" ? "attribute" : "name";
  return (
    <>
      <Choice
        label="The page hands the context_id to"
        path="bridge.type"
        value={bridge?.type ?? ""}
        onInput={(type) => set(BRIDGES.find(({ value }) => value === type)?.fresh)}
        options={BRIDGES}
        hint="The place where the vendor's own tag picks it up."
      />
      {bridge && (
        <Text
          label={chosen?.named ?? "Name"}
          path={`bridge.${key}`}
          isCode
          value={bridge.type === "tel" ? bridge.attribute : bridge.name}
          onInput={(to) => set({ ...bridge, [key]: to } as Handed)}
          hint={chosen?.hint}
        />
      )}
    </>
  );
}
