/** What is so of a whole site: where its pages are, what is kept and for how long, and what counts as a conversion. */
import { useState } from "preact/hooks";
import { Choice, Form, Text } from "../form";
import { say } from "../parts";
import { readSites } from "../session";
import { type SavedSite, type Site, saveSite, useCheck } from "./document";
import { Goals } from "./goals";
import { originsOf } from "./new-site";

const KEPT: Record<Site["keep_caller"], string> = {
  hash: "its SHA-256, by which advertising networks match",
  full: "the number too",
  none: "nothing",
};

export function Settings({ saved, reload }: { saved: SavedSite; reload: () => void }) {
  const [site, setSite] = useState<Site>(saved);
  const [origins, setOrigins] = useState(saved.origins.join("\n"));
  const set = (change: Partial<Site>) => setSite({ ...site, ...change });
  const { click_window_days: clickDays } = site;
  const document = { ...site, origins: originsOf(origins) };
  const { errors, warnings } = useCheck(saved.tracking_id, document);
  const days = (key: "window_days" | "retention_days", label: string, hint: string) => (
    <Text
      label={label}
      path={key}
      value={Number.isNaN(site[key]) ? "" : String(site[key])}
      onInput={(typed) => set({ [key]: typed === "" ? Number.NaN : Number(typed) })}
      hint={hint}
    />
  );

  async function save() {
    const { version } = await saveSite(saved.tracking_id, document);
    await readSites();
    say(`Saved as version ${version}.`);
    reload();
  }

  return (
    <section class="card" aria-labelledby="settings">
      <h2 id="settings">Settings</h2>
      <Form faults={errors} warnings={warnings} onSave={save}>
        <Text label="Name" path="name" value={site.name} onInput={(name) => set({ name })} />
        <Text
          label="Origins"
          path="origins"
          isCode
          rows={3}
          value={origins}
          onInput={setOrigins}
          hint="The addresses of its pages, one a line."
        />
        <div class="two">
          <Choice
            label="Consent"
            path="consent"
            value={site.consent}
            onInput={(consent) => set({ consent: consent as Site["consent"] })}
            options={[
              { value: "not_required", label: "not required" },
              { value: "required", label: "required" },
            ]}
            hint="Where it is required, the tag keeps and sends nothing until the visitor has agreed."
          />
          <Choice
            label="Global Privacy Control counts as"
            path="global_privacy_control"
            value={site.global_privacy_control}
            onInput={(gpc) => set({ global_privacy_control: gpc as Site["global_privacy_control"] })}
            options={[
              { value: "denied", label: "denied" },
              { value: "ignored", label: "nothing" },
            ]}
          />
          {days("window_days", "Days before a call", "So long before it a visitor may have been there.")}
          {days("retention_days", "Days kept", "What is older is deleted.")}
          <Text
            label="Days of an advertisement's click"
            path="click_window_days"
            value={clickDays === undefined || Number.isNaN(clickDays) ? "" : String(clickDays)}
            onInput={(typed) => {
              const { click_window_days: _before, ...others } = site;
              setSite(typed === "" ? others : { ...others, click_window_days: Number(typed) });
            }}
            hint="A call without a click of its visit takes one of an earlier visit in so many days. Empty: none."
          />
          <Text
            label="Time zone"
            path="timezone"
            value={site.timezone}
            onInput={(timezone) => set({ timezone })}
            hint="Its days are those of reports: Europe/London."
          />
          <Choice
            label="Kept of a caller's number"
            path="keep_caller"
            value={site.keep_caller}
            onInput={(kept) => set({ keep_caller: kept as Site["keep_caller"] })}
            options={Object.entries(KEPT).map(([value, label]) => ({ value, label }))}
          />
        </div>
        <Goals goals={site.goals} onChange={(goals) => set({ goals })} />
      </Form>
    </section>
  );
}
