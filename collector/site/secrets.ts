/**
 * Vendors' tokens and signing secrets, webhooks' secrets, file keys: what a save does to them, and how to replace one.
 */
import { randomBytes } from "node:crypto";
import { hashToken } from "../http/auth";
import type { SecretChange } from "../store/sites";
import type { SecretRow } from "../store/tables";
import type { Site } from "../wire/site";
import type { RouteDeps } from "./deps";

type SecretDeps = Pick<RouteDeps, "store" | "clock">;

/** A replaced token or secret stays valid for a day, so that its owner can be told. */
const ROTATION_MS = 24 * 3_600_000;

/** Adds a new secret in place of the previous one. */
export async function addSecret(
  { store, clock }: SecretDeps,
  row: Omit<SecretRow, "made_at" | "expires_at">,
): Promise<void> {
  const made_at = clock();
  await store.addSecret({ ...row, made_at, expires_at: null }, made_at + ROTATION_MS);
}

/**
 * What a save does to the secrets. It stores those given, removes those that are `null` or whose names are gone, and
 * makes sure that each webhook has one.
 */
export async function secretChanges(
  { store, clock }: SecretDeps,
  site: string,
  given: Site,
  before: Site | null,
): Promise<SecretChange[]> {
  const changes: SecretChange[] = [];
  const change = (kind: SecretChange["kind"], name: string, secret: string | null | undefined) => {
    if (secret === undefined) return;
    changes.push({ kind, name, put: secret === null ? null : { hash: hashToken(secret), secret } });
  };
  for (const { name, secret } of given.vendors) change("vendor_secret", name, secret);
  for (const { name, api_secret } of given.webhooks) change("webhook_api_secret", name, api_secret);
  for (const { name } of goneFrom(before?.vendors, given.vendors)) {
    changes.push({ kind: "vendor_token", name, put: null }, { kind: "vendor_secret", name, put: null });
  }
  for (const { name } of goneFrom(before?.webhooks, given.webhooks)) {
    for (const kind of ["webhook_secret", "webhook_api_secret", "file_key"] as const)
      changes.push({ kind, name, put: null });
  }
  const signed = new Set((await store.secrets(site, "webhook_secret", clock())).map(({ name }) => name));
  for (const { name } of given.webhooks) {
    if (signed.has(name)) continue;
    const secret = newWebhookSecret();
    changes.push({ kind: "webhook_secret", name, put: { hash: hashToken(secret), secret } });
  }
  return changes;
}

function goneFrom(before: { name: string }[] = [], after: { name: string }[]): { name: string }[] {
  return before.filter(({ name }) => !after.some((other) => other.name === name));
}

/** Standard Webhooks 1.0.0: `whsec_` and 24 to 64 bytes in base64. */
export function newWebhookSecret(): string {
  return `whsec_${randomBytes(32).toString("base64")}`;
}
