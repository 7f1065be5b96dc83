/** Webhooks that are advertising platforms: what each one needs, and how the calls stand with it. */
import { useState } from "preact/hooks";
import type { ConversionCount } from "../../../read/conversions";
import type { Answer } from "../answers";
import { addressOf, ask, ofSite, pathOf, post } from "../api";
import { Text } from "../form";
import { count } from "../format";
import { Action, Card, Copy } from "../parts";
import { Loaded, useAsked } from "../resource";
import { STANDING_WORDS } from "../standing";
import { Listing, right } from "../table";
import type { Webhook } from "./document";

type Format = Webhook["format"];
type Field =
  | "measurement_id"
  | "account_id"
  | "login_account_id"
  | "conversion_action"
  | "conversion_name"
  | "pixel_id"
  | "test_event_code"
  | "api_secret";

interface Described {
  label: string;
  hint?: string;
  example?: string;
}

const KEPT = "It is never shown again. Leave this empty to keep the current one.";

const FIELDS: Record<Field, Described> = {
  measurement_id: { label: "Measurement id", example: "G-1A2B3C4D5E" },
  account_id: { label: "Account", hint: "The Google Ads account's number, without hyphens", example: "1234567890" },
  login_account_id: {
    label: "Manager account",
    hint: "If access is through a manager account; otherwise leave it empty",
  },
  conversion_action: { label: "Conversion action", hint: "The number after ctId= in its address" },
  conversion_name: {
    label: "Conversion name",
    hint: "The platform's name for it. If empty, each goal is a conversion with the goal's name",
  },
  pixel_id: { label: "Dataset", hint: "The id of the dataset at Meta, formerly called pixel" },
  test_event_code: {
    label: "Test code",
    hint: "While this is set, events appear under Test events",
    example: "TEST12345",
  },
  api_secret: { label: "API secret", hint: KEPT },
};

/** The fields that each platform needs, and what it calls its secret. A file is fetched, so it needs no secret. */
const PLATFORMS: Partial<Record<Format, { fields: Field[]; secret?: string }>> = {
  ga4: { fields: ["measurement_id", "api_secret"] },
  google_data_manager: {
    fields: ["account_id", "login_account_id", "conversion_action", "api_secret"],
    secret: "Service account key (JSON)",
  },
  google_ads_csv: { fields: ["conversion_name"] },
  microsoft_ads_csv: { fields: ["conversion_name"] },
  meta_capi: { fields: ["pixel_id", "test_event_code", "api_secret"], secret: "Access token" },
};

const ALL = Object.keys(FIELDS) as Field[];

/** True for a webhook that is a platform, whose address nobody has to type. */
export function isPlatform(format: Format): boolean {
  return PLATFORMS[format] !== undefined;
}

/** True for a platform that is told of each call that meets a goal, whenever that becomes known. */
export function goesByGoals(format: Format): boolean {
  return isPlatform(format) && format !== "ga4";
}

export function isFile(format: Format): boolean {
  return PLATFORMS[format]?.fields.includes("api_secret") === false;
}

/** A webhook without its empty fields, and without those of other formats. */
export function ownFields(webhook: Webhook): Webhook {
  const own = PLATFORMS[webhook.format]?.fields ?? [];
  const gone = ALL.filter((field) => !own.includes(field) || !webhook[field]);
  const kept = Object.entries(webhook).filter(([name]) => !(gone as string[]).includes(name));
  return Object.fromEntries(kept) as Webhook;
}

export function PlatformFields({ webhook, set }: { webhook: Webhook; set: (change: Partial<Webhook>) => void }) {
  const { fields = [], secret } = PLATFORMS[webhook.format] ?? {};
  return (
    <>
      {fields.map((field) => {
        const { label, hint, example } = FIELDS[field];
        const isSecret = field === "api_secret";
        return (
          <Text
            key={field}
            label={isSecret ? (secret ?? label) : label}
            path={field}
            isCode={!isSecret}
            type={isSecret ? "password" : "text"}
            value={webhook[field] ?? ""}
            onInput={(text) => set({ [field]: text })}
            {...(hint && { hint })}
            {...(example && { placeholder: example })}
          />
        );
      })}
    </>
  );
}

/** Asks what would be sent, before the webhook is switched on. */
export function TryOnLastWeek({ site, name }: { site: string; name: string }) {
  const [run, setRun] = useState<Answer<"DryRun"> | null>(null);
  return (
    <Card title="Last week's calls">
      <p class="hint">What Calljoin would have sent for them with the webhook as last saved. Nothing is sent.</p>
      <div class="row">
        <Action
          label="Try last week's calls"
          does={async () => setRun(await post<Answer<"DryRun">>(ofSite(site, "webhooks", name, "dry-run")))}
        />
      </div>
      <div aria-live="polite">
        {run && (
          <>
            <p class="strong">
              Of {count(run.calls)} calls {count(run.would_send)} would be sent.
            </p>
            <Reasons counts={run.reasons} />
          </>
        )}
      </div>
    </Card>
  );
}

function Reasons({ counts }: { counts: Record<string, number> }) {
  const rows = Object.entries(counts).sort(([, a], [, b]) => b - a);
  if (rows.length === 0) return null;
  return (
    <Listing
      label="By reason"
      rows={rows}
      keyOf={([reason]) => reason}
      columns={[
        ["Reason", ([reason]) => STANDING_WORDS[reason] ?? reason],
        [right("Calls"), ([, calls]) => count(calls), "right"],
      ]}
    />
  );
}

/** How the calls of the last 30 days stand with a destination. */
export function HowCallsStand({ site, name }: { site: string; name: string }) {
  const standing = useAsked<{ rows: ConversionCount[] }>(
    pathOf(["v1", "sites", site, "conversions"], { by: "destination" }),
  );
  return (
    <Card title="The last 30 days">
      <Loaded of={standing}>
        {({ rows }) => {
          const row = rows.find(({ key }) => key === name);
          if (!row) return <p class="quiet">There were no calls.</p>;
          return <Reasons counts={{ sent: row.sent, waiting: row.waiting, ...row.reasons }} />;
        }}
      </Loaded>
    </Card>
  );
}

/** The address of the file that a platform fetches. It contains the key, so it is shown only once. */
export function FileKey({ site, name }: { site: string; name: string }) {
  const [address, setAddress] = useState("");
  const make = async () => {
    const { key } = await post<{ key: string }>(ofSite(site, "webhooks", name, "key"));
    setAddress(addressOf(pathOf(["v1", "sites", site, "conversions", `${name}.csv`], { key })));
  };
  return (
    <Card title="The file's address">
      <p class="hint">
        Give it to the platform, which fetches it on a schedule. A new address is shown this once; the one before goes
        on for 24 hours.
      </p>
      {address && (
        <>
          <Copy what="the file's address" text={address} />
          <p class="hint">Later changes are in a second file, which needs its own schedule:</p>
          <Copy what="the corrections' address" text={`${address}&adjustments=1`} />
        </>
      )}
      <div class="row">
        <Action label={address ? "Make another address" : "Make a new address"} does={make} />
        <Action
          label="Revoke all addresses"
          does={async () => {
            await ask(ofSite(site, "webhooks", name, "key"), { method: "DELETE" });
            setAddress("");
          }}
        />
      </div>
    </Card>
  );
}
