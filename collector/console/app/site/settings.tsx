/**
 * The settings of a whole site: where its pages are, what is kept and for how long, and what counts as a conversion.
 */

import { Choice } from "../choices";
import { useDraft } from "../drafts";
import { Form, Text, tie } from "../form";
import { Card, say } from "../parts";
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
  // The draft has only what was changed, so that everything else comes from the newest version.
  const { draft, write, forget, isOvertaken } = useDraft<Partial<Site>>(`${saved.tracking_id}/settings`, NONE, before);
  const site: Site = { ...saved, ...draft };
  const set = (change: Partial<Site>) => write({ ...draft, ...change });
  const { errors, warnings } = useCheck(saved.tracking_id, site);
  const of = tie<Site>(site, set);
  const days = (key: "window_days" | "retention_days") => ({
    ...of(key),
    onInput: (to = Number.NaN) => set({ [key]: to }),
  });

  async function save() {
    const { version } = await saveSite(saved.tracking_id, site);
    forget();
    await readSites();
    say(`Saved as version ${version}.`);
    reload();
  }

  return (
    <Card title="Settings">
      <Form faults={errors} warnings={warnings} onSave={save} onConflict={reload} isOvertaken={isOvertaken}>
        <Text label="Name" {...of("name")} />
        <Listed
          label="Origins"
          isCode
          rows={3}
          between={"\n"}
          read={originsOf}
          {...of("origins")}
          hint="The addresses of its pages, one on each line."
        />
        <div class="two">
          <Choice
            label="Consent"
            {...of("consent")}
            options={{ not_required: "not required", required: "required" }}
            hint="If it is required, the tag keeps and sends nothing until the visitor agrees."
          />
          <Choice
            label="Global Privacy Control counts as"
            {...of("global_privacy_control")}
            options={{ denied: "denied", ignored: "nothing" }}
          />
          <Numeral
            label="Days before a call"
            {...days("window_days")}
            hint="How long before the call the visitor may have been on the site."
          />
          <Numeral label="Days kept" {...days("retention_days")} hint="Older data is deleted." />
          <Numeral
            label="Days to look back for an ad click"
            {...of("click_window_days")}
            hint="If the call's visit has no ad click, the call takes one from an earlier visit in this many days. Leave it empty to take none."
          />
          <Text
            label="Time zone"
            {...of("timezone")}
            hint="The time zone for the days in reports, such as Europe/London."
          />
          <Choice label="What to keep of a caller's number" {...of("keep_caller")} options={KEPT} />
        </div>
        <Goals goals={site.goals} onChange={(goals) => set({ goals })} />
      </Form>
    </Card>
  );
}
