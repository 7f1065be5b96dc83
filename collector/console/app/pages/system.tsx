/** The collector itself: what runs, what it stores, what waits; and who else may sign in. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Answer } from "../answers";
import { ask, pathOf, post } from "../api";
import { Choice, Form, Several, Text } from "../form";
import { Ago, bytes, count, Time } from "../format";
import { Action, Copy, Dialog, Page, say, Table } from "../parts";
import { Empty, Loaded, useResource } from "../resource";
import { collectorAddress, mayWrite, sites } from "../session";

export default function System() {
  return (
    <Page title="System">
      {mayWrite.value ? (
        <>
          <FiguresOf />
          <Tokens />
        </>
      ) : (
        <Empty title="Your token can read a site's calls and visitors.">
          <p>Only an admin sees the collector's figures and the tokens.</p>
        </Empty>
      )}
    </Page>
  );
}

/** The backlog is looked at anew while somebody watches it. */
const EVERY_MS = 5_000;

function FiguresOf() {
  const system = useResource((signal) => ask<Answer<"System">>("v1/system", { signal }), [], EVERY_MS);
  return (
    <Loaded of={system}>
      {({ version, node, store, backlog, last_retention_at, collectors, metrics_url }) => (
        <>
          <div class="two">
            <section class="card" aria-labelledby="runs">
              <h2 id="runs">This collector</h2>
              <dl>
                <Fact name="Version">{version}</Fact>
                <Fact name="Node">{node}</Fact>
                <Fact name="Waiting joins">{count(backlog.due)}</Fact>
                <Fact name="Waiting deliveries">{count(backlog.deliveries)}</Fact>
                <Fact name="Last retention">
                  <Ago at={last_retention_at} />
                </Fact>
                <Fact name="Metrics">
                  {metrics_url === null ? "off" : <a href={collectorAddress("metrics")}>for Prometheus</a>}
                </Fact>
              </dl>
            </section>
            <section class="card" aria-labelledby="store">
              <h2 id="store">Store</h2>
              <dl>
                <Fact name="Engine">{store.engine}</Fact>
                <Fact name="Size">{bytes(store.bytes)}</Fact>
                {Object.entries(store.rows).map(([table, rows]) => (
                  <Fact key={table} name={table}>
                    {count(rows)}
                  </Fact>
                ))}
              </dl>
            </section>
          </div>
          <section class="stack" aria-labelledby="collectors">
            <h2 id="collectors">Collectors on this store</h2>
            <Table label="Collectors">
              <thead>
                <tr>
                  <th>Collector</th>
                  <th>Version</th>
                  <th>Last seen</th>
                </tr>
              </thead>
              <tbody>
                {collectors.map((one) => (
                  <tr key={one.id}>
                    <td>
                      <code>{one.id}</code>
                    </td>
                    <td>{one.version}</td>
                    <td>
                      <Ago at={one.last_seen_at} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </Table>
          </section>
        </>
      )}
    </Loaded>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class="num">{children}</dd>
    </div>
  );
}

function Tokens() {
  const tokens = useResource((signal) => ask<Answer<"Tokens">>("v1/tokens", { signal }), []);
  const [isAdding, setAdding] = useState(false);
  const [made, setMade] = useState<{ name: string; token: string } | null>(null);
  const [revoked, setRevoked] = useState<string | null>(null);
  return (
    <section class="stack" aria-labelledby="tokens">
      <header class="row top">
        <h2 id="tokens">Tokens</h2>
        {!isAdding && (
          <button type="button" onClick={() => setAdding(true)}>
            Make a token
          </button>
        )}
      </header>
      {made && (
        <div class="note stack" role="status">
          <p>The token of {made.name}. It is shown this once.</p>
          <Copy what="token" text={made.token} />
        </div>
      )}
      {isAdding && (
        <NewToken
          close={() => setAdding(false)}
          done={(one) => {
            setMade(one);
            setAdding(false);
            tokens.reload();
          }}
        />
      )}
      <Loaded of={tokens}>
        {({ tokens: all }) =>
          all.length === 0 ? (
            <Empty title="There is only the admin token.">
              <p>
                Make one for each colleague. You can revoke each separately, and each saved version shows whose token
                saved it.
              </p>
            </Empty>
          ) : (
            <Table label="Named tokens">
              <thead>
                <tr>
                  <th>Of</th>
                  <th>May</th>
                  <th>Made</th>
                  <th>Last used</th>
                  <th>
                    <span class="unseen">Actions</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {all.map(({ name, role, sites: its, made_at, last_used_at }) => (
                  <tr key={name}>
                    <td>{name}</td>
                    <td>{role === "admin" ? "do everything" : `read ${(its ?? []).join(", ") || "no site"}`}</td>
                    <td>
                      <Time at={made_at} />
                    </td>
                    <td>
                      <Ago at={last_used_at} />
                    </td>
                    <td>
                      <button type="button" class="plain" onClick={() => setRevoked(name)}>
                        Revoke<span class="unseen"> the token of {name}</span>
                      </button>
                    </td>
                  </tr>
                ))}
              </tbody>
            </Table>
          )
        }
      </Loaded>
      {revoked !== null && (
        <Dialog title="Revoke this token" onClose={() => setRevoked(null)}>
          <p>{revoked} can't sign in with it any more, and whoever is signed in with it is signed out.</p>
          <div class="row">
            <Action
              class="danger"
              label={`Revoke ${revoked}`}
              does={async () => {
                await ask(pathOf(["v1", "tokens", revoked]), { method: "DELETE" });
                say("The token is revoked.");
                setRevoked(null);
                tokens.reload();
              }}
            />
            <button type="button" onClick={() => setRevoked(null)}>
              Cancel
            </button>
          </div>
        </Dialog>
      )}
    </section>
  );
}

const ROLES = [
  { value: "reader", label: "Reads some sites: saves nothing, erases nothing, sees no secret" },
  { value: "admin", label: "Does everything" },
];

function NewToken({ close, done }: { close: () => void; done: (made: { name: string; token: string }) => void }) {
  const [name, setName] = useState("");
  const [role, setRole] = useState("reader");
  const [chosen, setChosen] = useState<string[]>([]);
  async function make() {
    const body = { name, role, ...(role === "reader" ? { sites: chosen } : {}) };
    done({ name, ...(await post<{ token: string }>("v1/tokens", body)) });
  }
  return (
    <div class="card form">
      <Form save="Make the token" onSave={make} onCancel={close}>
        <Text
          label="Whose"
          path="name"
          autofocus
          value={name}
          onInput={setName}
          hint="A name for the person or the agency."
        />
        <Choice label="Role" path="role" value={role} onInput={setRole} options={ROLES} />
        {role === "reader" && (
          <Several
            legend="Sites"
            chosen={chosen}
            onChange={setChosen}
            options={sites.value.map(({ tracking_id, name: its }) => ({
              value: tracking_id,
              label: its,
              hint: tracking_id,
            }))}
          />
        )}
      </Form>
    </div>
  );
}
