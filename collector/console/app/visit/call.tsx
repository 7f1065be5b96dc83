/**
 * One call: why it has its status, the timeline of its visit, what it was worth, what its vendor said, and who was
 * told.
 */
import { Fragment } from "preact";
import { Link } from "wouter-preact";
import type { Call } from "../../../wire/call";
import type { Answer as AnswerOf, Delivery } from "../answers";
import { ask, ofSite, Problem, pathOf } from "../api";
import { money, span, Time, text, utc } from "../format";
import { Copy, Facts, Raw, State } from "../parts";
import { Loaded, useAsked, useResource } from "../resource";
import { placeOf } from "../routes";
import { Sent } from "../site/deliveries";
import { STANDING_WORDS } from "../standing";
import { readVisit, type Session } from "./context";
import { type ExplainedCall, explained, REASON_WORDS } from "./explained";
import { Later } from "./later";
import { VisitTimeline } from "./timeline-chart";

export const KINDS = { matched: "good", offline: "warn", unmatched: "bad", unusable: "quiet" } as const;

export function CallState({ join: { status, reason } }: Pick<Call, "join">) {
  return (
    <>
      <State kind={KINDS[status]}>{status}</State>
      {reason && <span class="quiet"> · {REASON_WORDS[reason]}</span>}
    </>
  );
}

/** The scope of each of a site's entities, by name. */
export function readScopes(site: string, signal: AbortSignal): Promise<Map<string, string>> {
  return ask<{ entities: { name: string; scope: string }[] }>(ofSite(site, "entities"), { signal }).then(
    ({ entities }) => new Map(entities.map(({ name, scope }) => [name, scope])),
  );
}

interface Opened {
  call: ExplainedCall;
  sessions: Session[];
  scopes: Map<string, string>;
}

async function open(site: string, id: string, signal: AbortSignal): Promise<Opened> {
  const path = pathOf(["v1", "sites", site, "calls", id], { explain: 1 });
  const [call, scopes] = await Promise.all([ask<ExplainedCall>(path, { signal }), readScopes(site, signal)]);
  const sessions = await readVisit(site, call, signal).catch((problem: unknown) => {
    // Nothing is known about the visitor. This is no failure: it is why the call is not matched.
    if (problem instanceof Problem && problem.status === 404) return [];
    throw problem;
  });
  return { call, sessions, scopes };
}

/** `version` is the version of the call, so that the page reads a call again after it was joined again. */
export function OpenedCall({ site, id, version }: { site: string; id: string; version: number | undefined }) {
  const opened = useResource((signal) => open(site, id, signal), [site, id, version]);
  return (
    <section class="stack call" aria-label="The call">
      <Loaded of={opened}>
        {({ call, sessions, scopes }) => {
          const [first, ...rest] = explained(call, sessions, scopes);
          return (
            <>
              <div class="why">
                <p class="strong">{first}</p>
                {rest.map((sentence) => (
                  <p key={sentence}>{sentence}</p>
                ))}
              </div>
              <VisitTimeline
                sessions={sessions}
                call={{ ts: call.ts, view_id: call.join.view_id, cut: call.explain.cut }}
                scopes={scopes}
              />
              <FactsOf site={site} call={call} />
              <Conversions {...call} />
              <Later summary="What the vendor sent">
                <Events site={site} id={id} />
              </Later>
              <Later summary="Who was told">
                <Told site={site} id={id} />
                <Deliveries site={site} id={id} />
              </Later>
            </>
          );
        }}
      </Loaded>
    </section>
  );
}

function FactsOf({ site, call }: { site: string; call: ExplainedCall }) {
  const { join, context, total, duration_s, answered } = call;
  const { context_id } = join;
  const values = Object.entries(call.entities);
  return (
    <div class="two">
      <Facts
        of={[
          ["Begun", <Time key="ts" at={call.ts} />],
          ["UTC", utc(call.ts)],
          ["Vendor", call.vendor],
          ["Transaction", call.transaction.id],
          ["Type", call.type],
          ["Total", total && money(total.value, total.currency)],
          ["Lasted", duration_s === null ? null : span(duration_s * 1000)],
          ["Answered", answered === null ? null : answered ? "yes" : "no"],
          ["Caller", call.caller ?? call.caller_sha256],
          ["Dialled", call.dialled],
          ["Source", call.source],
          ["Address told", call.url],
          ["Goals", call.goals.join(", ")],
          ["Conversion", context?.conversion_number && `the visitor's no. ${context.conversion_number}`],
          ["Visitor", context_id && <Link href={placeOf(site, "visitors", context_id)}>{context_id}</Link>],
          ["View", context && `no. ${context.view_number ?? "?"}, ${context.url ?? "unknown"}`],
          [
            "Visit",
            context && `no. ${context.session_number ?? "?"}, begun on ${context.entrance_url ?? "an unknown page"}`,
          ],
          ["Came from", context?.referrer],
          ["Version", call.version],
        ]}
      />
      <div class="stack">
        <h2>Values that the call got</h2>
        {values.length === 0 && <p class="quiet">None.</p>}
        <Facts of={values.map(([name, value]) => [name, <code key={name}>{text(value)}</code>])} />
        <Copy what="call id" text={call.id} />
      </div>
    </div>
  );
}

/** How the call stands with each advertising platform. */
function Conversions({ conversions = [] }: Pick<ExplainedCall, "conversions">) {
  if (conversions.length === 0) return null;
  return (
    <>
      <h2>Advertising platforms</h2>
      <ul>
        {conversions.map(({ destination, state, reason, detail }) => (
          <li key={destination}>
            <State kind={state === "sent" ? "good" : reason === "refused" ? "bad" : "quiet"}>{destination}</State>{" "}
            <span class="quiet">
              {STANDING_WORDS[reason ?? state] ?? "Not sent"}
              {detail && `: ${detail}`}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

interface RawEvent {
  event_id: string;
  received_at: number;
  vendor: string;
  body: unknown;
}

function Events({ site, id }: { site: string; id: string }) {
  const events = useAsked<{ events: RawEvent[] }>(pathOf(["v1", "sites", site, "calls", id], { events: 1 }));
  return (
    <Loaded of={events}>
      {({ events: all }) =>
        all.map(({ event_id, received_at, vendor, body }, index) => (
          <Fragment key={event_id}>
            <p>
              {vendor}, received <Time at={received_at} />
            </p>
            {body === null ? (
              <p class="quiet">It was erased with its visitor.</p>
            ) : (
              <Raw label={`Event ${index + 1}`}>{text(body)}</Raw>
            )}
          </Fragment>
        ))
      }
    </Loaded>
  );
}

function Told({ site, id }: { site: string; id: string }) {
  const told = useAsked<AnswerOf<"Told">>(ofSite(site, "calls", id, "webhooks"));
  return (
    <Loaded of={told}>
      {(all) => (
        <ul>
          {all.length === 0 && <li class="quiet">The site has no webhooks.</li>}
          {all.map(({ webhook, sent, why }) => (
            <li key={webhook}>
              <State kind={sent ? "good" : "quiet"}>{webhook}</State> <span class="quiet">{why}</span>
            </li>
          ))}
        </ul>
      )}
    </Loaded>
  );
}

/** Each version of the call that a webhook was told, exactly as it was told. */
function Deliveries({ site, id }: { site: string; id: string }) {
  const log = useAsked<{ deliveries: Delivery[] }>(pathOf(["v1", "sites", site, "deliveries"], { call_id: id }));
  return (
    <Loaded of={log}>
      {({ deliveries }) =>
        deliveries.map((delivery) => (
          <Later
            key={delivery.id}
            summary={
              <>
                Version {delivery.version} to {delivery.webhook}: {delivery.event}, {delivery.state},{" "}
                <Time at={delivery.made_at} />
              </>
            }
          >
            <Sent delivery={delivery} />
          </Later>
        ))
      }
    </Loaded>
  );
}
