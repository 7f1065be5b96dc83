/** Why a webhook was, or was not, told of a call. */
import { useState } from "preact/hooks";
import type { Answer } from "../answers";
import { ask, ofSite, Problem } from "../api";
import { Form, Text } from "../form";
import { Card, State } from "../parts";
import { Listing } from "../table";

export function WhyNotSent({ site }: { site: string }) {
  const [call, setCall] = useState("");
  const [told, setTold] = useState<Answer<"Told"> | null>(null);
  async function look() {
    if (call.trim() === "") throw new Problem(400, "Which call?", [{ path: "call", message: "is required" }]);
    setTold(await ask<Answer<"Told">>(ofSite(site, "calls", call.trim(), "webhooks")));
  }
  return (
    <Card title="Why was a call not sent?">
      <Form save="Look" onSave={look} isMinor>
        <Text label="Call id" path="call" isCode value={call} onInput={setCall} hint="As shown on the call's page." />
      </Form>
      <div aria-live="polite">
        {told && (
          <Listing
            label="What each webhook was told"
            isNamed
            rows={told}
            keyOf={({ webhook }) => webhook}
            columns={[
              ["", ({ webhook }) => webhook],
              ["", ({ sent }) => <State kind={sent ? "good" : "quiet"}>{sent ? "sent" : "not sent"}</State>],
              ["", ({ why }) => why],
            ]}
          />
        )}
      </div>
    </Card>
  );
}
