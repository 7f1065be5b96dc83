/** The collector itself: what runs, what it stores, what is waiting, and who else may sign in. */
import { useState } from "preact/hooks";
import type { Answer } from "../answers";
import { ask, pathOf, post } from "../api";
import { Choice, Several } from "../choices";
import { Form, Text } from "../form";
import { Ago, bytes, count, Time } from "../format";
import { Card, Confirm, Copy, type Fact, Facts, Named, Page, Part, say } from "../parts";
import { Empty, Loaded, useAsked } from "../resource";
import { collectorAddress, mayWrite, sites } from "../session";
import { DOING, Listing } from "../table";

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

/** How often the page asks again while somebody watches the backlog. */
const EVERY_MS = 5_000;

function FiguresOf() {
  const system = useAsked<Answer<"System">>("v1/system", EVERY_MS);
  return (
    <Loaded of={system}>
      {({ version, node, store, backlog, last_retention_at, collectors, metrics_url }) => (
        <>
          <div class="two">
            <Card title="This collector">
              <Facts
                of={[
                  ["Version", version],
                  ["Node", node],
                  ["Waiting joins", count(backlog.due)],
                  ["Waiting deliveries", count(backlog.deliveries)],
                  ["Last retention", <Ago key="retention" at={last_retention_at} />],
                  [
                    "Metrics",
                    metrics_url === null ? (
                      "off"
                    ) : (
                      <a key="metrics" href={collectorAddress("metrics")}>
                        for Prometheus
                      </a>
                    ),
                  ],
                ]}
              />
            </Card>
            <Card title="Store">
              <Facts
                of={[
                  ["Engine", store.engine],
                  ["Size", bytes(store.bytes)],
                  ...Object.entries(store.rows).map(([table, rows]): Fact => [table, count(rows)]),
                ]}
              />
            </Card>
          </div>
          <Part title="Collectors on this store">
            <Listing
              label="Collectors"
              rows={collectors}
              keyOf={({ id }) => id}
              columns={[
                ["Collector", ({ id }) => <code>{id}</code>],
                ["Version", (one) => one.version],
                ["Last seen", ({ last_seen_at }) => <Ago at={last_seen_at} />],
              ]}
            />
          </Part>
        </>
      )}
    </Loaded>
  );
}

function Tokens() {
  const tokens = useAsked<Answer<"Tokens">>("v1/tokens");
  const [isAdding, setAdding] = useState(false);
  const [made, setMade] = useState<{ name: string; token: string } | null>(null);
  const add = (
    <button type="button" onClick={() => setAdding(true)}>
      Make a token
    </button>
  );
  async function revoke(name: string) {
    await ask(pathOf(["v1", "tokens", name]), { method: "DELETE" });
    say("The token is revoked.");
    tokens.reload();
  }
  return (
    <Part title="Tokens" actions={isAdding || add}>
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
            <Listing
              label="Named tokens"
              rows={all}
              keyOf={({ name }) => name}
              columns={[
                ["Of", ({ name }) => name],
                [
                  "May",
                  ({ role, sites: its }) =>
                    role === "admin" ? "do everything" : `read ${(its ?? []).join(", ") || "no site"}`,
                ],
                ["Made", ({ made_at }) => <Time at={made_at} />],
                ["Last used", ({ last_used_at }) => <Ago at={last_used_at} />],
                [DOING, ({ name }) => <Revoke name={name} does={() => revoke(name)} />],
              ]}
            />
          )
        }
      </Loaded>
    </Part>
  );
}

function Revoke({ name, does }: { name: string; does: () => Promise<void> }) {
  return (
    <Confirm
      {...{ class: "plain", title: "Revoke this token", yes: `Revoke ${name}`, no: "Cancel", does }}
      button={<Named what={`the token of ${name}`}>Revoke</Named>}
    >
      {name} can't sign in with it any more, and whoever is signed in with it is signed out.
    </Confirm>
  );
}

const ROLES = {
  reader: "Reads some sites: saves nothing, erases nothing, sees no secret",
  admin: "Does everything",
};

function NewToken({ close, done }: { close: () => void; done: (made: { name: string; token: string }) => void }) {
  const [name, setName] = useState("");
  const [role, setRole] = useState<keyof typeof ROLES>("reader");
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
            options={sites.value.map((one) => ({ value: one.tracking_id, label: one.name, hint: one.tracking_id }))}
          />
        )}
      </Form>
    </div>
  );
}
