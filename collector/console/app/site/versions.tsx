/** Who saved which version of the site's document, what each version changed, and how to go back to one. */
import type { SavedSite as Kept } from "../../../store/tables";
import { ask, ofSite, pathOf } from "../api";
import { Time } from "../format";
import { Action, Named, Part, say } from "../parts";
import { Loaded, useAsked, useResource } from "../resource";
import { mayWrite } from "../session";
import { DOING, OpeningRow, Table } from "../table";
import { type Change, changesOf } from "./diff";
import { type SavedSite, type Site, saveSite } from "./document";

export function Versions({ saved, reload }: { saved: SavedSite; reload: () => void }) {
  const { tracking_id: site, version: newest } = saved;
  const versions = useAsked<{ versions: Pick<Kept, "version" | "saved_at" | "saved_by">[] }>(ofSite(site, "versions"));
  async function goBack(version: number) {
    const { version: made } = await saveSite(site, { ...(await documentOf(site, version)), version: newest });
    say(`Version ${made} repeats version ${version}.`);
    reload();
  }
  return (
    <Part title="Versions of the site document">
      <Loaded of={versions}>
        {({ versions: all }) => (
          <Table label="Versions, newest first" heads={["Version", "Saved", "By", DOING]}>
            {all.map(({ version, saved_at, saved_by }) => (
              <OpeningRow
                key={version}
                columns={4}
                button={<Named what={`with version ${version}`}>What changed</Named>}
                beside={
                  mayWrite.value &&
                  version !== newest && (
                    <Action class="plain" label={`Back to version ${version}`} does={() => goBack(version)} />
                  )
                }
                cells={
                  <>
                    <td class="num">{version}</td>
                    <td>
                      <Time at={saved_at} />
                    </td>
                    <td>{saved_by ?? <span class="quiet">unknown</span>}</td>
                  </>
                }
              >
                <Changes site={site} version={version} />
              </OpeningRow>
            ))}
          </Table>
        )}
      </Loaded>
    </Part>
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
