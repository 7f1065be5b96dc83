/** The delivery log: what was sent, what the receiver said, what waits; and sending again. */
import { Fragment } from "preact";
import { useState } from "preact/hooks";
import { Link, useSearchParams } from "wouter-preact";
import type { Delivery } from "../answers";
import { ask, ofSite, pathOf, post } from "../api";
import { Choice } from "../form";
import { Ago, Time } from "../format";
import { Action, Pager, Raw, State, say, Table } from "../parts";
import { Empty, Loaded, useResource } from "../resource";
import { placeOf } from "../routes";
import { mayWrite } from "../session";
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
  const log = useResource((signal) => ask<Deliveries>(path, { signal }), [path], 5_000);
  return (
    <section class="stack" aria-labelledby="log">
      <h2 id="log">Delivery log</h2>
      <div class="row ends">
        <Choice
          label="State"
          path="state"
          value={filter.state}
          onInput={(state) => set({ state })}
          options={[{ value: "", label: "all" }, ...Object.keys(KINDS).map((value) => ({ value, label: value }))]}
        />
        <Choice
          label="To"
          path="webhook"
          value={filter.webhook}
          onInput={(webhook) => set({ webhook })}
          options={[{ value: "", label: "all webhooks" }, ...webhooks.map((value) => ({ value, label: value }))]}
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
              <Table label="Deliveries, newest first">
                <thead>
                  <tr>
                    <th>Made</th>
                    <th>Webhook</th>
                    <th>Event</th>
                    <th>Call</th>
                    <th>State</th>
                    <th class="right">Attempts</th>
                    <th>Next try</th>
                    <th>
                      <span class="unseen">Actions</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {deliveries.map((delivery) => (
                    <DeliveryRow key={delivery.id} site={site} delivery={delivery} reload={log.reload} />
                  ))}
                </tbody>
              </Table>
              <Pager cursor={filter.cursor} next={next_cursor} to={(cursor) => set({ cursor })} />
            </>
          )
        }
      </Loaded>
    </section>
  );
}

function DeliveryRow({ site, delivery, reload }: { site: string; delivery: Delivery; reload: () => void }) {
  const { id, webhook, event, call_id, version, state, made_at, attempts, next_attempt_at, body } = delivery;
  const [isOpen, setOpen] = useState(false);
  async function resend() {
    await post(ofSite(site, "deliveries", id, "replay"));
    say("It is being sent again.");
    reload();
  }
  return (
    <Fragment>
      <tr>
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
        <td>
          <div class="row">
            <button type="button" class="plain" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
              Details
            </button>
            {mayWrite.value && state !== "pending" && <Action class="plain" label="Resend" does={resend} />}
          </div>
        </td>
      </tr>
      {isOpen && (
        <tr>
          <td colSpan={8}>
            <div class="stack">
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
            </div>
          </td>
        </tr>
      )}
    </Fragment>
  );
}
