/**
 * The delivery log: what was sent, what the receiver said and what is waiting. A delivery can be sent again from here.
 */
import { Link, useSearchParams } from "wouter-preact";
import type { Delivery } from "../answers";
import { ofSite, pathOf, post } from "../api";
import { Choice } from "../choices";
import { Ago, Time } from "../format";
import { Action, Part, Raw, State, say } from "../parts";
import { Empty, Loaded, useAsked } from "../resource";
import { placeOf } from "../routes";
import { mayWrite } from "../session";
import { DOING, OpeningRow, Pager, right, Table } from "../table";
import { Answer, pretty } from "./preview";
import { Steps } from "./steps";

interface Deliveries {
  deliveries: Delivery[];
  next_cursor: string | null;
}

const KINDS = { pending: "warn", delivered: "good", dead: "bad" } as const;

export function Deliveries({ site, webhooks }: { site: string; webhooks: string[] }) {
  const [query, setQuery] = useSearchParams();
  const filter = {
    state: query.get("state") ?? "",
    webhook: query.get("webhook") ?? "",
    cursor: query.get("cursor") ?? "",
  };
  const set = (change: Partial<typeof filter>) =>
    setQuery(new URLSearchParams(Object.entries({ ...filter, cursor: "", ...change }).filter(([, value]) => value)));
  const path = pathOf(["v1", "sites", site, "deliveries"], { ...filter, limit: 50 });
  const log = useAsked<Deliveries>(path, 5_000);
  return (
    <Part title="Delivery log">
      <div class="row ends">
        <Choice
          label="State"
          path="state"
          value={filter.state}
          onInput={(state) => set({ state })}
          none="all"
          options={Object.keys(KINDS)}
        />
        <Choice
          label="To"
          path="webhook"
          value={filter.webhook}
          onInput={(webhook) => set({ webhook })}
          none="all webhooks"
          options={[...new Set([...webhooks, filter.webhook])].filter(Boolean)}
        />
        {mayWrite.value && filter.state === "dead" && log.data && log.data.deliveries.length > 0 && (
          <Steps
            label="Resend all that are dead"
            done={log.reload}
            step={(last) =>
              post(ofSite(site, "deliveries", "replay"), {
                state: "dead",
                ...(last?.before ? { before: last.before } : {}),
                ...(filter.webhook ? { webhook: filter.webhook } : {}),
              })
            }
          />
        )}
      </div>
      <Loaded of={log}>
        {({ deliveries, next_cursor }) =>
          deliveries.length === 0 ? (
            <Empty title={filter.state || filter.webhook ? "No delivery matches." : "Nothing has been sent yet."}>
              <p>Calljoin makes a delivery when it joins a call. It appears here a moment later.</p>
            </Empty>
          ) : (
            <>
              <Table
                label="Deliveries, newest first"
                heads={["Made", "Webhook", "Event", "Call", "State", right("Attempts"), "Next try", DOING]}
              >
                {deliveries.map((delivery) => (
                  <DeliveryRow key={delivery.id} site={site} delivery={delivery} reload={log.reload} />
                ))}
              </Table>
              <Pager cursor={filter.cursor} next={next_cursor} to={(cursor) => set({ cursor })} />
            </>
          )
        }
      </Loaded>
    </Part>
  );
}

function DeliveryRow({ site, delivery, reload }: { site: string; delivery: Delivery; reload: () => void }) {
  const { id, webhook, event, call_id, version, state, made_at, attempts, next_attempt_at } = delivery;
  async function resend() {
    await post(ofSite(site, "deliveries", id, "replay"));
    say("It is being sent again.");
    reload();
  }
  return (
    <OpeningRow
      columns={8}
      beside={mayWrite.value && state !== "pending" && <Action class="plain" label="Resend" does={resend} />}
      cells={
        <>
          <td>
            <Time at={made_at} />
          </td>
          <td>{webhook}</td>
          <td>{event}</td>
          <td>
            <Link href={placeOf(site, "calls", call_id)}>{call_id.slice(0, 12)}</Link>
            <span class="quiet"> v{version}</span>
          </td>
          <td>
            <State kind={KINDS[state]}>{state}</State>
          </td>
          <td class="right">{attempts.length}</td>
          <td>{state === "pending" && next_attempt_at !== null ? <Ago at={next_attempt_at} /> : ""}</td>
        </>
      }
    >
      <Sent delivery={delivery} />
    </OpeningRow>
  );
}

/** Shows what was sent, and how each attempt ended. */
export function Sent({ delivery: { body, attempts } }: { delivery: Delivery }) {
  return (
    <>
      {body && <Raw label="The body">{pretty(body)}</Raw>}
      {attempts.length === 0 && <p class="quiet">It has not been tried yet.</p>}
      {attempts.map((attempt) => (
        <div key={attempt.at} class="stack">
          <p>
            <Time at={attempt.at} />
          </p>
          <Answer answer={attempt} />
        </div>
      ))}
    </>
  );
}
