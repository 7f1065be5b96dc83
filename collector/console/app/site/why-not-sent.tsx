/** Why a webhook was, or was not, told of a call. */
import { useState } from "preact/hooks";
import type { Answer } from "../answers";
import { ask, ofSite, Problem } from "../api";
import { Form, Text } from "../form";
import { State, Table } from "../parts";

export function WhyNotSent({ site }: { site: string }) {
  const [call, setCall] = useState("");
  const [told, setTold] = useState<Answer<"Told"> | null>(null);
  async function look() {
    if (call.trim() === "") throw new Problem(400, "Which call?", [{ path: "call", message: "is required" }]);
    setTold(await ask<Answer<"Told">>(ofSite(site, "calls", call.trim(), "webhooks")));
  }
  return (
    <section class="card" aria-labelledby="why">
      <h2 id="why">Why was a call not sent?</h2>
      <Form save="Look" onSave={look} isMinor>
        <Text label="Call id" path="call" isCode value={call} onInput={setCall} hint="As shown on the call's page." />
      </Form>
      <div aria-live="polite">
        {told && (
          <Table label="What each webhook was told">
            <tbody>
              {told.map(({ webhook, sent, why }) => (
                <tr key={webhook}>
                  <th scope="row">{webhook}</th>
                  <td>
                    <State kind={sent ? "good" : "quiet"}>{sent ? "sent" : "not sent"}</State>
                  </td>
                  <td>{why}</td>
                </tr>
              ))}
            </tbody>
          </Table>
        )}
      </div>
    </section>
  );
}
