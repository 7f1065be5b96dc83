/** The first five things that happen on a site, each with how to make it happen. Updates live. */
import { Link } from "wouter-preact";
import type { Progress as Reached } from "../../../read/progress";
import { ofSite } from "../api";
import { Ago } from "../format";
import { useLive } from "../live";
import { Card, State } from "../parts";
import { Loaded, useAsked } from "../resource";
import { placeOf } from "../routes";

const STEPS: { key: keyof Reached; what: string; how: string; page?: string }[] = [
  { key: "page_seen_at", what: "A page was seen", how: "Put the tag on a page, and open it." },
  { key: "context_seen_at", what: "A visitor has a cookie", how: "This comes with the first page." },
  { key: "entity_seen_at", what: "An entity had a value", how: "Add an entity.", page: "entities" },
  { key: "first_event_at", what: "A vendor reported a call", how: "Add a vendor.", page: "vendors" },
  { key: "first_match_at", what: "A call was matched", how: "See why calls do not match.", page: "calls" },
];

/** How often the console asks, in case a proxy lets no events through. */
const ASK_MS = 10_000;

export function Progress({ site }: { site: string }) {
  const done = useAsked<Reached>(ofSite(site, "progress"), ASK_MS);
  useLive(site, { progress: done.reload });
  return (
    <Card title="2. Watch it arrive">
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
                ) : page ? (
                  <Link href={placeOf(site, page)}>{how}</Link>
                ) : (
                  <span class="hint">{how}</span>
                )}
              </li>
            ))}
          </ol>
        )}
      </Loaded>
    </Card>
  );
}
