/**
 * What to give to a vendor: its token and the exact request. People can also try a payload here before the vendor
 * sends any.
 */
import { useState } from "preact/hooks";
import { Link } from "wouter-preact";
import type { Answer } from "../answers";
import { addressOf, ask, ofSite, pathOf, post } from "../api";
import { Choice } from "../choices";
import { Text } from "../form";
import { Action, Card, Copy, type Fact, Facts, Raw, State, say } from "../parts";
import { placeOf } from "../routes";
import { collectorAddress } from "../session";
import { lastReported } from "./check-page";
import type { Vendor } from "./document";

export function VendorRequest({ site, vendor }: { site: string; vendor: Vendor }) {
  const [token, setToken] = useState("");
  const { name, adapter } = vendor;
  const isQprotocol = adapter === "qprotocol";
  const path = isQprotocol ? pathOf(["v1", "calls", site]) : pathOf(["v1", "calls", site, name]);
  const shownToken = token || "TOKEN";
  const address = collectorAddress(path);
  async function make() {
    setToken((await post<{ token: string }>(ofSite(site, "vendors", name, "token"))).token);
  }
  return (
    <div class="stack">
      <Card title="Token">
        <p class="hint">Copy it now: it is shown only once. A previous one works for 24 more hours.</p>
        {token && <Copy what="the token" text={token} />}
        <div class="row">
          <Action label={token ? "Make another token" : "Make a token"} does={make} />
        </div>
      </Card>
      <Card title="Give this to the vendor">
        <Copy what="the URL" text={isQprotocol ? address : `${address}?token=${shownToken}`} />
        <p class="hint">
          {isQprotocol
            ? "Each call is a POST of JSON with the token in a header, like this:"
            : "The vendor's webhook posts there in its own format. A vendor that signs with the secret needs no token. If the vendor can set a header, put the token there:"}
        </p>
        <Copy
          what="the request"
          text={[
            `POST ${address}`,
            `Authorization: Bearer ${shownToken}`,
            ...(isQprotocol ? ["Content-Type: application/json", "", example(lastReported.context_id)] : []),
          ].join("\n")}
        />
      </Card>
      <Try site={site} vendor={vendor} token={token} path={path} />
    </div>
  );
}

type Tried = Answer<"Tried">;

const CONTENT_TYPES = ["application/json", "application/x-www-form-urlencoded", "text/xml"];

function Try(props: { site: string; vendor: Vendor; token: string; path: string }) {
  const { site, vendor, token, path } = props;
  const [payload, setPayload] = useState(vendor.adapter === "qprotocol" ? example(lastReported.context_id) : "");
  const [contentType, setContentType] = useState(CONTENT_TYPES[0] ?? "");
  const [tried, setTried] = useState<Tried | null>(null);
  const [taken, setTaken] = useState<string | null>(null);
  const asked = { method: "POST", body: payload, contentType } as const;
  async function tryIt() {
    setTaken(null);
    setTried(await ask<Tried>(ofSite(site, "vendors", vendor.name, "try"), asked));
  }
  async function send() {
    // Use the console's own address, because the console's pages may ask no other.
    const response = await fetch(addressOf(path), {
      method: "POST",
      headers: { "Content-Type": contentType, Authorization: `Bearer ${token}` },
      body: payload,
      credentials: "omit",
    });
    setTaken(`${response.status} ${await response.text()}`);
    say(response.ok ? "The collector has it." : "The collector did not accept it.");
  }
  return (
    <Card title="Try a payload">
      <Text
        label="Payload"
        path="payload"
        isCode
        rows={8}
        value={payload}
        onInput={setPayload}
        hint="As the vendor would send it. Nothing is stored."
      />
      <Choice
        label="Sent as"
        path="content_type"
        value={contentType}
        onInput={setContentType}
        options={CONTENT_TYPES}
      />
      <div class="row">
        <Action label="Try" does={tryIt} />
        {token && <Action label="Send it for real" does={send} />}
      </div>
      {token && (
        <p class="hint">This sends it as the vendor would, with the token above. It makes a real call, which stays.</p>
      )}
      <div aria-live="polite" class="stack">
        {tried && <Outcome site={site} tried={tried} />}
        {taken && <Raw label="The collector's answer">{taken}</Raw>}
      </div>
    </Card>
  );
}

function Outcome({ site, tried: { signed, events } }: { site: string; tried: Tried }) {
  return (
    <>
      {signed !== null && (
        <p>
          <State kind={signed ? "good" : "bad"}>{signed ? "The signature is right." : "The signature is wrong."}</State>
        </p>
      )}
      {events.length === 0 && <p class="quiet">It contains no call.</p>}
      {events.map((event) => (
        <Facts key={event.index} of={factsOf(site, event)} />
      ))}
    </>
  );
}

function factsOf(site: string, event: Tried["events"][number]): Fact[] {
  const { verdict, reason, detail, time, duration_s, answered, visitor_id, context_id, call } = event;
  const join = call && [call.join.status, call.join.rule && `by ${call.join.rule}`, call.join.reason];
  return [
    ["would be", verdict],
    ["because", reason && (detail ? `${reason}: ${detail}` : reason)],
    ["call", call?.transaction.id],
    ["time", time],
    ["lasted", duration_s != null ? `${duration_s} s` : null],
    ["answered", answered == null ? null : answered ? "yes" : "no"],
    ["vendor's visitor", visitor_id],
    ["join", join?.filter(Boolean).join(", ")],
    ["visitor", context_id && <Link href={placeOf(site, "visitors", context_id)}>{context_id}</Link>],
  ];
}

/** A call in QProtocol that happens now. Its visitor is the one whose page has just reported, if there is one. */
function example(context: string): string {
  const event = {
    context: { id: context || "CONTEXT_ID" },
    meta: { type: "ecBasketTransactionSummary", ts: Date.now(), url: "", source: "try" },
    basket: { total: { value: 9.99, currency: "GBP" } },
    transaction: { id: `try-${Date.now().toString(36)}` },
  };
  return JSON.stringify({ events: [event] }, null, 2);
}
