/** Shows the exact request that a webhook would send, while somebody edits the webhook. A test sends it. */
import { useState } from "preact/hooks";
import type { Answer as AnswerOf } from "../answers";
import { ofSite, type Problem, pathOf, post, problemOf } from "../api";
import { Choice } from "../choices";
import { span } from "../format";
import { Action, Card, Raw, State } from "../parts";
import { useAsked } from "../resource";
import { type SavedSite, useAfterPause, type Webhook } from "./document";
import { isPlatform } from "./platform";

/** What a webhook would send about a call, or about an example if no call is named. Null asks nothing. */
export function useRequest(site: string, webhook: Webhook | null, call: string | undefined) {
  const asked = webhook && JSON.stringify({ webhook, ...(call ? { call_id: call } : {}) });
  const [answer, setAnswer] = useState<{ request?: AnswerOf<"Previewed">; problem?: Problem }>({});
  useAfterPause(asked, (written, signal) => {
    post<AnswerOf<"Previewed">>(ofSite(site, "webhooks", "preview"), written, signal).then(
      (request) => setAnswer({ request }),
      (error) => signal.aborted || setAnswer((before) => ({ ...before, problem: problemOf(error) })),
    );
  });
  return answer;
}

interface NewestCalls {
  calls: { id: string; vendor: string; transaction: { id: string } }[];
}

export function Preview({ saved, webhook }: { saved: SavedSite; webhook: Webhook }) {
  const site = saved.tracking_id;
  const [call, setCall] = useState("");
  const newest = useAsked<NewestCalls>(pathOf(["v1", "sites", site, "calls"], { limit: 10 }));
  const isWritten = isPlatform(webhook.format) || webhook.url !== undefined;
  const { request, problem } = useRequest(site, isWritten ? { ...webhook, name: webhook.name || "new" } : null, call);
  return (
    <Card title="What is sent">
      <Choice
        label="Of"
        path="call"
        value={call}
        onInput={setCall}
        options={[
          { value: "", label: "an example" },
          ...(newest.data?.calls ?? []).map(({ id, vendor, transaction }) => ({
            value: id,
            label: `${transaction.id} by ${vendor}`,
          })),
        ]}
      />
      {!isWritten && <p class="quiet">It appears here as soon as you enter an address.</p>}
      {isWritten && problem && <p class="warning">{problem.errors[0]?.message ?? problem.detail}</p>}
      {isWritten && request && !problem && <RequestText request={request} />}
    </Card>
  );
}

export function RequestText({ request }: { request: AnswerOf<"Previewed"> }) {
  const { method, url, headers, body } = request;
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const first = url === null ? "The file, as the platform fetches it:" : `${method} ${url}`;
  return <Raw label="The request">{[first, ...lines, "", pretty(body)].join("\n").trimEnd()}</Raw>;
}

/** JSON with line breaks; everything else unchanged. */
export function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

interface Tested {
  status: number | null;
  ms: number | null;
  error: string | null;
  response: string | null;
}

export function SendTest({ site, name, isTouched }: { site: string; name: string; isTouched: boolean }) {
  const [answer, setAnswer] = useState<Tested | null>(null);
  return (
    <Card title="Test">
      <p class="hint">
        Sends the example as event call.test
        {isTouched && ", as you last saved the webhook, without your later changes"}.
      </p>
      <div class="row">
        <Action
          label="Send a test"
          does={async () => setAnswer(await post<Tested>(ofSite(site, "webhooks", name, "test")))}
        />
      </div>
      <div aria-live="polite">{answer && <Answer answer={answer} />}</div>
    </Card>
  );
}

/** Shows what a receiver answered. */
export function Answer({ answer: { status, ms, error, response } }: { answer: Tested }) {
  const isGood = status !== null && status >= 200 && status < 300;
  return (
    <>
      <p>
        <State kind={isGood ? "good" : "bad"}>{status === null ? "no answer" : `answered ${status}`}</State>
        {ms !== null && <span class="quiet"> after {span(ms)}</span>}
      </p>
      {error && <p class="fault">{error}</p>}
      {response && <Raw label="The receiver's answer">{response}</Raw>}
    </>
  );
}
