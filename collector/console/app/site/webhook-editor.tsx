/** The editor of one webhook, with the exact request that it would send. */
import { useState } from "preact/hooks";
import { ofSite, post } from "../api";
import { Choice, Several } from "../choices";
import { Form, Text, tie } from "../form";
import { Action, Card, Copy } from "../parts";
import type { Webhook } from "./document";
import { Filters } from "./filters";
import { type EditorProps, useItem } from "./item";
import { Remove } from "./items";
import { Parameters } from "./parameters";
import {
  FileKey,
  goesByGoals,
  HowCallsStand,
  isFile,
  isPlatform,
  ownFields,
  PlatformFields,
  TryOnLastWeek,
} from "./platform";
import { Preview, SendTest } from "./preview";

export const FORMATS: Record<Webhook["format"], string> = {
  json: "JSON",
  form: "Form",
  query: "GET",
  ga4: "Google Analytics 4",
  google_data_manager: "Google Ads",
  google_ads_csv: "Google Ads, by file",
  microsoft_ads_csv: "Microsoft Ads, by file",
  meta_capi: "Meta",
};
export const EVENTS: Record<Webhook["on"][number], string> = {
  "call.matched": "Matched",
  "call.updated": "Updated",
  "call.unmatched": "Unmatched",
};
const EVENT_HINTS: Record<Webhook["on"][number], string> = {
  "call.matched": "once, when its visit is found",
  "call.updated": "each time anything about the call changes",
  "call.unmatched": "when no visit is found within 15 minutes",
};
const EVENT_OPTIONS = (Object.keys(EVENTS) as Webhook["on"]).map((value) => ({
  ...{ value, label: EVENTS[value], hint: EVENT_HINTS[value] },
}));
const FORMAT_HINTS: Record<Webhook["format"], string> = {
  json: "A POST with a JSON object.",
  form: "A POST like that of a browser's form.",
  query: "A GET with the parameters in its query.",
  ga4: "A conversion through the Measurement Protocol. It needs the parameters client_id and session_id.",
  google_data_manager: "Each call that meets a goal, sent to the Data Manager API. It needs gclid, gbraid or wbraid.",
  google_ads_csv: "A file that Google Ads fetches. It needs gclid.",
  microsoft_ads_csv: "A file that Microsoft Advertising fetches. It needs msclkid.",
  meta_capi: "Each call that meets a goal, sent to the Conversions API. It needs _fbc, fbclid or _fbp.",
};

const EMPTY: Webhook = {
  name: "",
  url: "",
  on: ["call.matched"],
  format: "json",
  parameters: [{ name: "", value: "transaction.id" }],
  filter: {},
};

export function WebhookEditor(props: EditorProps<"webhooks">) {
  const { saved, before } = props;
  const site = saved.tracking_id;
  const { item: webhook, set, given, isTouched, form, remove } = useItem("webhooks", props, EMPTY, asSaved);
  const { format } = webhook;
  const of = tie(webhook, set);
  const more = before && (
    <Remove name={before.name} does={remove}>
      Nothing more is sent there, and its secret goes with it: an earlier version brings it back with another one.
    </Remove>
  );
  return (
    <div class="two">
      <section class="card" aria-label={before ? `Webhook ${before.name}` : "New webhook"}>
        {webhook.off && <p class="note bad">Nothing is sent: {webhook.off}. Saving it switches it on again.</p>}
        <Form {...form} more={more}>
          <Text label="Name" isCode autofocus={!before} {...of("name")} />
          <Choice label="Format" {...of("format")} options={FORMATS} hint={FORMAT_HINTS[format]} />
          {isPlatform(format) ? (
            <PlatformFields webhook={webhook} set={set} />
          ) : (
            <Text
              label="Address"
              type="url"
              isCode
              {...of("url")}
              placeholder="https://crm.example/calls"
              hint="Its query may contain values, as in ?order={{transaction.id}}"
            />
          )}
          {!goesByGoals(format) && (
            <Several
              legend="Sent when a call is"
              options={EVENT_OPTIONS}
              chosen={webhook.on}
              onChange={(on) => set({ on })}
            />
          )}
          <Parameters
            saved={saved}
            hint={parameterHint(format)}
            parameters={webhook.parameters}
            onChange={(parameters) => set({ parameters })}
          />
          <Filters saved={saved} filter={webhook.filter} onChange={(filter) => set({ filter })} />
        </Form>
      </section>
      <div class="stack">
        <Preview saved={saved} webhook={given} />
        {before && <OfSaved site={site} {...before} isTouched={isTouched} />}
      </div>
    </div>
  );
}

/** What can be done with a webhook that is saved. */
function OfSaved({ site, name, format, isTouched }: Webhook & { site: string; isTouched: boolean }) {
  const of = { site, name };
  return (
    <>
      {isFile(format) ? <FileKey {...of} /> : <SendTest {...of} isTouched={isTouched} />}
      {isPlatform(format) ? <TryOnLastWeek {...of} /> : <Secret {...of} />}
      {isPlatform(format) && <HowCallsStand {...of} />}
    </>
  );
}

function Secret({ site, name }: { site: string; name: string }) {
  const [secret, setSecret] = useState("");
  return (
    <Card title="Signing secret">
      <p class="hint">
        Each request is signed by Standard Webhooks. A new secret is shown this once; the one before goes on signing for
        24 hours.
      </p>
      {secret && <Copy what="the signing secret" text={secret} />}
      <div class="row">
        <Action
          label={secret ? "Make another secret" : "Make a new secret"}
          does={async () =>
            setSecret((await post<{ secret: string }>(ofSite(site, "webhooks", name, "secret"))).secret)
          }
        />
      </div>
    </Card>
  );
}

function parameterHint(format: Webhook["format"]): string {
  if (goesByGoals(format))
    return "Only if your entity has a different name from the one that the platform expects, such as gclid.";
  return format === "ga4" ? "Sent with the event." : "Sent in addition to event, call_id and version.";
}

/** The webhook as it would be saved: switched on, and without the rows that nobody filled in. */
function asSaved({ off: _off, ...webhook }: Webhook): { given: Webhook } {
  const { url, ...rest } = ownFields(webhook);
  const address = !isPlatform(webhook.format) && url ? { url } : {};
  return { given: { ...rest, ...address, parameters: webhook.parameters.filter(({ name }) => name !== "") } };
}
