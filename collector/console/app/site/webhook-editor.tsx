/** One webhook as it is written, with the very request that it would send. */
import { useState } from "preact/hooks";
import { ofSite, post } from "../api";
import { useDraft } from "../drafts";
import { Choice, Form, Several, Text } from "../form";
import { Action, Copy, Remove, say } from "../parts";
import { mayWrite } from "../session";
import { type SavedSite, saveSite, useCheck, type Webhook, withItem, without } from "./document";
import { Filters } from "./filters";
import { Parameters } from "./parameters";
import {
  FileKey,
  goesByGoals,
  HowCallsStand,
  isFile,
  isPlatform,
  isUnwritten,
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

export function WebhookEditor(props: {
  saved: SavedSite;
  before: Webhook | null;
  close: (name: string | null) => void;
}) {
  const { saved, before, close } = props;
  const site = saved.tracking_id;
  const {
    draft: webhook,
    write: setWebhook,
    forget,
  } = useDraft(`${site}/webhooks/${before?.name ?? ""}`, before ?? EMPTY);
  const set = (change: Partial<Webhook>) => setWebhook({ ...webhook, ...change });
  const given = asSaved(webhook);
  const { document, prefix } = withItem(saved, "webhooks", before?.name ?? null, given);
  const isTouched = webhook !== (before ?? EMPTY);
  const { errors, warnings } = useCheck(site, isTouched ? document : null);
  const begun = errors.filter(({ path }) => !isBlank(path.slice(prefix.length + 1), webhook));

  function leave(name: string | null) {
    forget();
    close(name);
  }
  async function save() {
    const { version } = await saveSite(site, document);
    say(`Saved ${given.name} as version ${version}.`);
    leave(given.name);
  }
  async function remove(name: string) {
    await saveSite(site, without(saved, "webhooks", name));
    say(`Removed ${name}.`);
    leave(null);
  }

  return (
    <div class="two">
      <section class="card" aria-label={before ? `Webhook ${before.name}` : "New webhook"}>
        {webhook.off && <p class="note bad">Nothing is sent: {webhook.off}. Saving it switches it on again.</p>}
        <Form
          faults={begun}
          warnings={warnings}
          prefix={prefix}
          onSave={save}
          onCancel={() => leave(null)}
          readOnly={!mayWrite.value}
          more={
            before && (
              <Remove name={before.name} does={() => remove(before.name)}>
                Nothing more is sent there, and its secret goes with it: an earlier version brings it back with another
                one.
              </Remove>
            )
          }
        >
          <Text
            label="Name"
            path="name"
            isCode
            autofocus={!before}
            value={webhook.name}
            onInput={(name) => set({ name })}
          />
          <Choice
            label="Format"
            path="format"
            value={webhook.format}
            onInput={(format) => set({ format: format as Webhook["format"] })}
            options={Object.entries(FORMATS).map(([value, label]) => ({ value, label }))}
            hint={FORMAT_HINTS[webhook.format]}
          />
          {isPlatform(webhook.format) ? (
            <PlatformFields webhook={webhook} set={set} />
          ) : (
            <Text
              label="Address"
              path="url"
              type="url"
              isCode
              value={webhook.url ?? ""}
              onInput={(url) => set({ url })}
              placeholder="https://crm.example/calls"
              hint="Its query may contain values, as in ?order={{transaction.id}}"
            />
          )}
          {!goesByGoals(webhook.format) && (
            <Several
              legend="Sent when a call is"
              options={Object.entries(EVENTS).map(([value, label]) => ({
                value: value as Webhook["on"][number],
                label,
                hint: EVENT_HINTS[value as Webhook["on"][number]],
              }))}
              chosen={webhook.on}
              onChange={(on) => set({ on })}
            />
          )}
          <Parameters
            saved={saved}
            hint={parameterHint(webhook.format)}
            parameters={webhook.parameters}
            onChange={(parameters) => set({ parameters })}
          />
          <Filters saved={saved} filter={webhook.filter} onChange={(filter) => set({ filter })} />
        </Form>
      </section>
      <div class="stack">
        <Preview saved={saved} webhook={given} />
        {before && mayWrite.value && (
          <>
            {!isFile(before.format) && <SendTest site={site} name={before.name} isTouched={isTouched} />}
            {!isPlatform(before.format) && <Secret site={site} name={before.name} />}
            {isFile(before.format) && <FileKey site={site} name={before.name} />}
            {isPlatform(before.format) && <TryOnLastWeek site={site} name={before.name} />}
          </>
        )}
        {before && isPlatform(before.format) && <HowCallsStand site={site} name={before.name} />}
      </div>
    </div>
  );
}

function Secret({ site, name }: { site: string; name: string }) {
  const [secret, setSecret] = useState("");
  return (
    <section class="card" aria-labelledby="secret">
      <h2 id="secret">Signing secret</h2>
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
    </section>
  );
}

function parameterHint(format: Webhook["format"]): string {
  if (goesByGoals(format))
    return "Only if your entity has a different name from the one that the platform expects, such as gclid.";
  return format === "ga4" ? "Sent with the event." : "Sent in addition to event, call_id and version.";
}

/** The webhook as it is saved: without the rows that nobody wrote, and on. */
function asSaved({ off: _off, ...webhook }: Webhook): Webhook {
  const { url, ...rest } = ownFields(webhook);
  return {
    ...rest,
    ...(!isPlatform(webhook.format) && url ? { url } : {}),
    parameters: webhook.parameters.filter(({ name }) => name !== ""),
  };
}

/** Whether a fault is of a field that nobody has begun to write. */
function isBlank(path: string, webhook: Webhook): boolean {
  const { name, url } = webhook;
  return (path === "name" && name === "") || (path === "url" && !url) || isUnwritten(path, webhook);
}
