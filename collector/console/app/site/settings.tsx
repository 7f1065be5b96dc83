/** What is so of a whole site: where its pages are, what is kept and for how long, and what counts as a conversion. */

import { useDraft } from "../drafts";
import { Choice, Form, Text } from "../form";
import { say } from "../parts";
import { readSites } from "../session";
import { Listed, Numeral } from "../typed";
import { type SavedSite, type Site, saveSite, useCheck } from "./document";
import { Goals } from "./goals";
import { originsOf } from "./new-site";

const KEPT: Record<Site["keep_caller"], string> = {
  hash: "its SHA-256, which advertising networks match by",
  full: "the number too",
  none: "nothing",
};

const NONE: Partial<Site> = {};

export function Settings({ saved, reload }: { saved: SavedSite; reload: () => void }) {
  const { entities: _e, vendors: _v, webhooks: _w, version: _n, ...before } = saved;
  // Only what was changed, so that the rest is as it is in the newest version.
  const { draft, write, forget, isOvertaken } = useDraft<Partial<Site>>(`${saved.tracking_id}/settings`, NONE, before);
  const site: Site = { ...saved, ...draft };
  const set = (change: Partial<Site>) => write({ ...draft, ...change });
  const { errors, warnings } = useCheck(saved.tracking_id, site);
  const days = (key: "window_days" | "retention_days", label: string, hint: string) => (
    <Numeral label={label} path={key} value={site[key]} onInput={(to = Number.NaN) => set({ [key]: to })} hint={hint} />
  );

  async function save() {
    const { version } = await saveSite(saved.tracking_id, site);
    forget();
    await readSites();
    say(`Saved as version ${version}.`);
    reload();
  }

  return (
    <section class="card" aria-labelledby="settings">
      <h2 id="settings">Settings</h2>
      <Form faults={errors} warnings={warnings} onSave={save} onConflict={reload} isOvertaken={isOvertaken}>
        <Text label="Name" path="name" value={site.name} onInput={(name) => set({ name })} />
        <Listed
          label="Origins"
          path="origins"
          isCode
          rows={3}
          between={"\n"}
          read={originsOf}
          value={site.origins}
          onInput={(origins) => set({ origins })}
          hint="The addresses of its pages, one on each line."
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
            hint="If it is required, the tag keeps and sends nothing until the visitor agrees."
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
          {days("window_days", "Days before a call", "How long before the call the visitor may have been on the site.")}
          {days("retention_days", "Days kept", "Older data is deleted.")}
          <Numeral
            label="Days to look back for an ad click"
            path="click_window_days"
            value={site.click_window_days}
            onInput={(to) => set({ click_window_days: to } as Partial<Site>)}
            hint="If the call's visit has no ad click, the call takes one from an earlier visit in this many days. Leave it empty to take none."
          />
          <Text
            label="Time zone"
            path="timezone"
            value={site.timezone}
            onInput={(timezone) => set({ timezone })}
            hint="The time zone for the days in reports, such as Europe/London."
          />
          <Choice
            label="What to keep of a caller's number"
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
