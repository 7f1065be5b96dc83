/**
 * All that is known about a visitor, as tables: sessions with their views, and every value that each entity has had.
 */

import { count, Time, text } from "../format";
import { Part } from "../parts";
import { Listing, right } from "../table";
import { pageOf, type Session } from "./context";
import { Later } from "./later";

/** Shows the newest session first, and each view with what was found on it. */
export function Sessions({ sessions }: { sessions: Session[] }) {
  return (
    <Part title="Sessions and views">
      {[...sessions].reverse().map(({ session_id, number, started_at, views }) => (
        <Later
          key={session_id}
          summary={
            <>
              Session {number ?? session_id}
              {started_at !== null && (
                <>
                  , begun <Time at={started_at} />
                </>
              )}
              <span class="quiet"> · {views.length === 1 ? "1 view" : `${count(views.length)} views`}</span>
            </>
          }
        >
          <Listing
            label={`Views of session ${number ?? session_id}`}
            rows={views}
            keyOf={({ view_id }) => view_id}
            columns={[
              [right("View"), (view) => view.number, "right"],
              ["Begun", (view) => <Time at={view.started_at} />],
              ["Last seen", (view) => <Time at={view.last_seen_at} />],
              ["Page", ({ title, url }) => (title ? `${title} (${pageOf(url)})` : pageOf(url)), "cut"],
              ["Came from", (view) => view.referrer, "cut"],
            ]}
          />
        </Later>
      ))}
    </Part>
  );
}

/** Shows every value that each entity has had, the newest first. */
export function History({ sessions }: { sessions: Session[] }) {
  const views = sessions.flatMap((session) => session.views);
  const said = views.flatMap((view) =>
    view.snapshots.flatMap(({ at, seq, entities }) =>
      Object.entries(entities).map(([name, value]) => ({ name, value, at, seq, view })),
    ),
  );
  said.sort((a, b) => b.at - a.at || b.seq - a.seq);
  const names = [...new Set(said.map(({ name }) => name))].sort();
  const omitted = views.reduce((sum, { snapshots_omitted }) => sum + snapshots_omitted, 0);
  return (
    <Part title="History of each entity">
      {names.length === 0 && <p class="quiet">No entity had a value on these views.</p>}
      {omitted > 0 && (
        <p class="quiet">
          Of views with very many snapshots, {count(omitted)} are not shown: a view shows its first and its newest 100.
        </p>
      )}
      {names.map((name) => {
        const own = said.filter((one) => one.name === name);
        return (
          <Later
            key={name}
            summary={
              <>
                {name} <span class="quiet">· {count(own.length)}, now </span>
                <code>{text(own[0]?.value).slice(0, 80)}</code>
              </>
            }
          >
            <Listing
              label={`Values of ${name}, newest first`}
              rows={own}
              keyOf={({ view, seq }) => `${view.view_id} ${seq}`}
              columns={[
                ["", ({ at }) => <Time at={at} />],
                ["", ({ value }) => <code>{text(value)}</code>],
                ["", ({ view }) => pageOf(view.url), "cut"],
              ]}
            />
          </Later>
        );
      })}
    </Part>
  );
}
