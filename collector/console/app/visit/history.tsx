/** All that is known of a visitor, as tables: sessions with their views, and every value that each entity has had. */
import { count, Time, text } from "../format";
import { Table } from "../parts";
import { pageOf, type Session } from "./context";
import { Later } from "./later";

/** The newest session first; each view with what was found on it. */
export function Sessions({ sessions }: { sessions: Session[] }) {
  return (
    <section class="stack" aria-labelledby="sessions">
      <h2 id="sessions">Sessions and views</h2>
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
          <Table label={`Views of session ${number ?? session_id}`}>
            <thead>
              <tr>
                <th class="right">View</th>
                <th>Begun</th>
                <th>Last seen</th>
                <th>Page</th>
                <th>Came from</th>
              </tr>
            </thead>
            <tbody>
              {views.map((view) => (
                <tr key={view.view_id}>
                  <td class="right">{view.number}</td>
                  <td>
                    <Time at={view.started_at} />
                  </td>
                  <td>
                    <Time at={view.last_seen_at} />
                  </td>
                  <td class="cut">{view.title ? `${view.title} (${pageOf(view.url)})` : pageOf(view.url)}</td>
                  <td class="cut">{view.referrer}</td>
                </tr>
              ))}
            </tbody>
          </Table>
        </Later>
      ))}
    </section>
  );
}

/** Every value that each entity has had, the newest first. */
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
    <section class="stack" aria-labelledby="history">
      <h2 id="history">History of each entity</h2>
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
            <Table label={`Values of ${name}, newest first`}>
              <tbody>
                {own.map(({ value, at, seq, view }) => (
                  <tr key={`${view.view_id} ${seq}`}>
                    <td>
                      <Time at={at} />
                    </td>
                    <td>
                      <code>{text(value)}</code>
                    </td>
                    <td class="cut">{pageOf(view.url)}</td>
                  </tr>
                ))}
              </tbody>
            </Table>
          </Later>
        );
      })}
    </section>
  );
}
