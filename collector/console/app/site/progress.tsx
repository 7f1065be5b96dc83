/** The five first things of a site, each with what brings it about; told live. */
import { Link } from "wouter-preact";
import type { Progress as Reached } from "../../../read/progress";
import { ask, ofSite } from "../api";
import { Ago } from "../format";
import { useLive } from "../live";
import { State } from "../parts";
import { Loaded, useResource } from "../resource";
import { placeOf } from "../routes";

const STEPS: { key: keyof Reached; what: string; how: string; page: string }[] = [
  { key: "page_seen_at", what: "A page was seen", how: "Put the tag on a page, and open it.", page: "set-up" },
  {
    key: "context_seen_at",
    what: "A visitor has a cookie",
    how: "This comes with the first page.",
    page: "set-up",
  },
  { key: "entity_seen_at", what: "An entity had a value", how: "Add an entity.", page: "entities" },
  {
    key: "first_event_at",
    what: "A vendor reported a call",
    how: "Add a vendor.",
    page: "vendors",
  },
  { key: "first_match_at", what: "A call was matched", how: "See why calls do not match.", page: "calls" },
];

/** Should events not come through a proxy, it is asked so often. */
const ASK_MS = 10_000;

export function Progress({ site }: { site: string }) {
  const done = useResource((signal) => ask<Reached>(ofSite(site, "progress"), { signal }), [site], ASK_MS);
  useLive(site, { progress: done.reload });
  return (
    <section class="card" aria-labelledby="progress">
      <h2 id="progress">2. Watch it arrive</h2>
      <Loaded of={done}>
        {(at) => (
          <ol class="steps" aria-live="polite">
            {STEPS.map(({ key, what, how, page }) => (
              <li key={key}>
                <State kind={at[key] ? "good" : "quiet"}>
                  {what}
                  <span class="unseen">{at[key] ? ": done" : ": not yet"}</span>
                </State>
                {at[key] ? (
                  <Ago at={at[key]} />
                ) : page === "set-up" ? (
                  <span class="hint">{how}</span>
                ) : (
                  <Link href={placeOf(site, page)}>{how}</Link>
                )}
              </li>
            ))}
          </ol>
        )}
      </Loaded>
    </section>
  );
}
