/** A visitor: what is known about them, in order, and a way to erase them. */
import { useState } from "preact/hooks";
import { Link, useLocation } from "wouter-preact";
import type { Call } from "../../../wire/call";
import { ask, ofSite, Problem, pathOf } from "../api";
import { Form, Text } from "../form";
import { Ago, count, money, Time } from "../format";
import { Action, Card, Copy, Dialog, Page, Part, say } from "../parts";
import { Empty, Loaded, useAsked, useResource } from "../resource";
import { type PageProps, placeOf } from "../routes";
import { mayWrite } from "../session";
import { Listing } from "../table";
import { CallState, readScopes } from "../visit/call";
import { type Context, joined, pageOf, readContext, type Session } from "../visit/context";
import { History, Sessions } from "../visit/history";
import { VisitTimeline } from "../visit/timeline-chart";

export default function Visitors({ site, item }: PageProps) {
  return (
    <Page
      title={item === undefined ? "Visitors" : "Visitor"}
      actions={item !== undefined && mayWrite.value && <Erase site={site} id={item} />}
    >
      {item === undefined ? <Find site={site} /> : <Visitor key={item} site={site} id={item} />}
    </Page>
  );
}

function Find({ site }: { site: string }) {
  const [, go] = useLocation();
  const [id, setId] = useState("");
  const newest = useAsked<{ calls: Call[] }>(pathOf(["v1", "sites", site, "calls"], { status: "matched", limit: 50 }));
  async function open() {
    if (id.trim() === "") throw new Problem(400, "Which visitor?", [{ path: "id", message: "is required" }]);
    go(placeOf(site, "visitors", id.trim()));
  }
  return (
    <>
      <div class="card form">
        <Form save="Show this visitor" onSave={open}>
          <Text
            label="Visitor's context_id"
            path="id"
            isCode
            value={id}
            onInput={setId}
            hint="As the cookie calljoin begins with it, and as calls and tables have it."
          />
        </Form>
      </div>
      <Loaded of={newest}>
        {({ calls }) => {
          const known = callers(calls);
          if (known.length === 0) {
            return (
              <Empty title="No call was matched yet.">
                <p>Visitors who call are listed here. Any other is found by the context_id.</p>
              </Empty>
            );
          }
          return (
            <Listing
              label="Visitors who have called, the latest first"
              rows={known}
              keyOf={({ id: context }) => context}
              columns={[
                [
                  "Visitor",
                  ({ id: context }) => (
                    <Link href={placeOf(site, "visitors", context)}>
                      <code>{context}</code>
                    </Link>
                  ),
                ],
                ["Called", ({ call }) => <Ago at={call.ts} />],
                ["From page", ({ call }) => pageOf(call.context?.url), "cut"],
              ]}
            />
          );
        }}
      </Loaded>
    </>
  );
}

/** Each visitor once, with their latest call. */
function callers(calls: Call[]): { id: string; call: Call }[] {
  const newest = new Map<string, Call>();
  for (const call of calls) {
    const { context_id } = call.join;
    if (context_id !== null && !newest.has(context_id)) newest.set(context_id, call);
  }
  return [...newest].map(([id, call]) => ({ id, call }));
}

function Visitor({ site, id }: { site: string; id: string }) {
  const [older, setOlder] = useState<Context[]>([]);
  const newest = useResource(
    async (signal) => {
      const [context, scopes] = await Promise.all([readContext(site, id, "", signal), readScopes(site, signal)]);
      return { context, scopes };
    },
    [site, id],
  );
  if (newest.problem?.status === 404) {
    return (
      <Empty title="Nothing is known of this visitor.">
        <p>They were never seen, or they were erased, or what was known has grown too old.</p>
        <Link href={placeOf(site, "visitors")}>All visitors</Link>
      </Empty>
    );
  }
  return (
    <Loaded of={newest}>
      {({ context, scopes }) => {
        const all = [context, ...older];
        const sessions = all.reduce<Session[]>((later, page) => joined(page.sessions, later), []);
        const cursor = all.at(-1)?.next_cursor ?? null;
        const more = async () => {
          if (cursor === null) return;
          setOlder([...older, await readContext(site, id, cursor, new AbortController().signal)]);
        };
        return (
          <>
            <Copy what="context_id" text={id} />
            <Card title="Visits">
              {sessions.length === 0 && <p class="quiet">No view is kept; the calls below name this visitor.</p>}
              <VisitTimeline sessions={sessions} scopes={scopes} />
              {cursor !== null && (
                <div class="row">
                  <Action label="Show older visits" does={more} />
                </div>
              )}
            </Card>
            <Calls site={site} id={id} calls={context.calls} omitted={context.calls_omitted} />
            <Sessions sessions={sessions} />
            <History sessions={sessions} />
          </>
        );
      }}
    </Loaded>
  );
}

function Calls({ site, id, calls, omitted }: { site: string; id: string; calls: Call[]; omitted: number }) {
  return (
    <Part title="Calls">
      {calls.length === 0 ? (
        <p class="quiet">None.</p>
      ) : (
        <Listing
          label="Calls of this visitor, newest first"
          rows={calls}
          keyOf={(call) => call.id}
          columns={[
            [
              "",
              (call) => (
                <Link href={placeOf(site, "calls", call.id)}>
                  <Time at={call.ts} />
                </Link>
              ),
            ],
            ["", (call) => <CallState join={call.join} />],
            ["", (call) => call.context && pageOf(call.context.url), "cut"],
            ["", (call) => call.total && money(call.total.value, call.total.currency), "right"],
          ]}
        />
      )}
      {omitted > 0 && (
        <Link href={`${placeOf(site, "calls")}?context_id=${encodeURIComponent(id)}`}>{count(omitted)} more</Link>
      )}
    </Part>
  );
}

function Erase({ site, id }: { site: string; id: string }) {
  const [isAsked, setAsked] = useState(false);
  return (
    <>
      <button type="button" class="danger" onClick={() => setAsked(true)}>
        Erase this visitor
      </button>
      {isAsked && <EraseDialog site={site} id={id} close={() => setAsked(false)} />}
    </>
  );
}

function EraseDialog({ site, id, close }: { site: string; id: string; close: () => void }) {
  const [, go] = useLocation();
  const [typed, setTyped] = useState("");
  async function erase() {
    if (typed.trim() !== id) {
      throw new Problem(400, "It is not this visitor's id.", [
        { path: "typed", message: "must be the id, letter by letter" },
      ]);
    }
    const held = await ask<{ detail?: string } | undefined>(ofSite(site, "contexts", id), { method: "DELETE" });
    say(held?.detail ? `The visitor is ${held.detail}.` : "The visitor is erased.");
    go(placeOf(site, "visitors"));
  }
  return (
    <Dialog title="Erase this visitor" onClose={close}>
      <p>
        Everything that is known of them is deleted, here and in every file. Their calls stay, without anything that
        says whose they were. It can't be undone.
      </p>
      <Form save="Erase this visitor" onSave={erase} onCancel={close}>
        <Text
          label="Type the context_id to confirm"
          path="typed"
          isCode
          autofocus
          value={typed}
          onInput={setTyped}
          hint={id}
        />
      </Form>
    </Dialog>
  );
}
