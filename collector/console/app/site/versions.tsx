/** Who saved which version of the site's document, what each changed, and the way back. */
import { Fragment } from "preact";
import { useState } from "preact/hooks";
import type { SavedSite as Kept } from "../../../store/sites";
import { ask, ofSite, pathOf } from "../api";
import { Time } from "../format";
import { Action, say, Table } from "../parts";
import { Loaded, useResource } from "../resource";
import { mayWrite } from "../session";
import { type Change, changesOf } from "./diff";
import { type SavedSite, type Site, saveSite } from "./document";

export function Versions({ saved, reload }: { saved: SavedSite; reload: () => void }) {
  const { tracking_id: site, version: newest } = saved;
  const [shown, setShown] = useState<number | null>(null);
  const versions = useResource(
    (signal) =>
      ask<{ versions: Pick<Kept, "version" | "saved_at" | "saved_by">[] }>(ofSite(site, "versions"), { signal }),
    [site, newest],
  );
  async function goBack(version: number) {
    const { version: made } = await saveSite(site, { ...(await documentOf(site, version)), version: newest });
    say(`Version ${made} repeats version ${version}.`);
    reload();
  }
  return (
    <section class="stack" aria-labelledby="versions">
      <h2 id="versions">Versions of the site document</h2>
      <Loaded of={versions}>
        {({ versions: all }) => (
          <Table label="Versions, newest first">
            <thead>
              <tr>
                <th>Version</th>
                <th>Saved</th>
                <th>By</th>
                <th>
                  <span class="unseen">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {all.map(({ version, saved_at, saved_by }) => (
                <Fragment key={version}>
                  <tr>
                    <td class="num">{version}</td>
                    <td>
                      <Time at={saved_at} />
                    </td>
                    <td>{saved_by ?? <span class="quiet">unknown</span>}</td>
                    <td>
                      <div class="row">
                        <button
                          type="button"
                          class="plain"
                          aria-expanded={shown === version}
                          onClick={() => setShown(shown === version ? null : version)}
                        >
                          What changed<span class="unseen"> with version {version}</span>
                        </button>
                        {mayWrite.value && version !== newest && (
                          <Action class="plain" label={`Back to version ${version}`} does={() => goBack(version)} />
                        )}
                      </div>
                    </td>
                  </tr>
                  {shown === version && (
                    <tr>
                      <td colSpan={4}>
                        <Changes site={site} version={version} />
                      </td>
                    </tr>
                  )}
                </Fragment>
              ))}
            </tbody>
          </Table>
        )}
      </Loaded>
    </section>
  );
}

function Changes({ site, version }: { site: string; version: number }) {
  const changes = useResource<Change[]>(async () => {
    const [before, after] = await Promise.all([
      version > 1 ? documentOf(site, version - 1) : {},
      documentOf(site, version),
    ]);
    return changesOf(before, after);
  }, [site, version]);
  return (
    <Loaded of={changes}>
      {(all) =>
        all.length === 0 ? (
          <p class="quiet">Nothing: it was saved without changes.</p>
        ) : (
          <dl class="changes">
            {all.map(({ what, before, after }) => (
              <div key={what}>
                <dt>{what}</dt>
                <dd>
                  {before !== null && (
                    <p>
                      <del>{before}</del>
                    </p>
                  )}
                  {after !== null && (
                    <p>
                      <ins>{after}</ins>
                    </p>
                  )}
                </dd>
              </div>
            ))}
          </dl>
        )
      }
    </Loaded>
  );
}

function documentOf(site: string, version: number): Promise<Site> {
  return ask<Site>(pathOf(["v1", "sites", site], { version }));
}
