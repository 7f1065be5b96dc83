/** The file of conversions that a platform fetches. It holds what counts there, and is made again each time. */
import { type Conversion, isEligible } from "../convert/conversion";
import type { Adjustment, FileFormat } from "../convert/destination";
import { destinationOf } from "../convert/index";
import { callOf } from "../join/call";
import type { FiledPlace } from "../store/filed";
import type { Store } from "../store/store";
import type { FiledRow } from "../store/tables";
import type { Site, Webhook } from "../wire/site";
import { callPages } from "./conversions";
import { csv } from "./csv";

const DAY_MS = 86_400_000;
const DAYS = 30;
const PAGE = 200;

/** How long Google accepts adjustments of a conversion (https://support.google.com/google-ads/answer/7686447). */
const ADJUSTED_MS = 55 * DAY_MS;

export interface FileOf {
  store: Store;
  site: string;
  document: Site;
  webhook: Webhook;
  format: FileFormat;
  now: number;
}

/**
 * A destination's file, in pieces: the newest conversions first, and no more than the platform reads. Each piece that
 * was taken is recorded as told.
 */
export async function* conversionFile({ store, site, document, webhook, format, now }: FileOf): AsyncGenerator<string> {
  yield csv(format.head);
  const from = now - (webhook.days ?? DAYS) * DAY_MS;
  let left = format.mostRows;
  for await (const calls of callPages(store, site, { from, status: "matched" })) {
    const found = calls.flatMap((call) => {
      const eligible = destinationOf(webhook)?.eligible(webhook, call, document, now) ?? [];
      return isEligible(eligible) ? eligible : [];
    });
    const rows = found.slice(0, left);
    left -= rows.length;
    if (rows.length > 0) yield csv(rows.map(format.row));
    await store.addFiled(rows.map((row) => ({ site, ...filedOf(webhook, format, row, now) })));
    if (left === 0) return;
  }
}

function filedOf(webhook: Webhook, format: FileFormat, conversion: Conversion, now: number): Omit<FiledRow, "site"> {
  const { name, call, value, clicks } = conversion;
  const { click } = format.adjustments;
  const told = { value: value?.value ?? null, currency: value?.currency ?? null, ts: call.ts };
  return {
    call_id: call.id,
    webhook: webhook.name,
    name,
    ...told,
    click_id: (click && clicks[click]) ?? null,
    filed_at: now,
    adjusted: 0,
  };
}

/**
 * What has changed since the file told it: the value is different, or the conversion no longer counts, perhaps because
 * its visitor was erased.
 */
export async function* adjustmentFile({ store, site, document, webhook, format, now }: FileOf): AsyncGenerator<string> {
  const { adjustments } = format;
  yield csv(adjustments.head);
  let left = format.mostRows;
  let after: FiledPlace = { filed_at: now - ADJUSTED_MS, call_id: "", name: "" };
  for (;;) {
    const page = await store.filedAfter(site, webhook.name, after, PAGE);
    const changed: { filed: FiledRow; told: string[] }[] = [];
    for (const filed of page) {
      const [row] = await store.calls(site, { id: filed.call_id }, null, 1);
      const adjustment = row && adjustmentOf(webhook, document, filed, callOf(row), now);
      const told = adjustment && adjustments.row(adjustment);
      if (told) changed.push({ filed, told });
    }
    const taken = changed.slice(0, left);
    left -= taken.length;
    if (taken.length > 0) yield csv(taken.map(({ told }) => told));
    await store.markAdjusted(taken.map(({ filed }) => filed).filter(({ adjusted }) => adjusted === 0));
    const last = page.at(-1);
    if (!last || page.length < PAGE || left === 0) return;
    after = last;
  }
}

function adjustmentOf(
  webhook: Webhook,
  document: Site,
  filed: FiledRow,
  call: Conversion["call"],
  now: number,
): Adjustment | null {
  const { name, ts, click_id } = filed;
  const common = { transaction_id: call.transaction.id, name, ts, click_id, at: now };
  if (isGone(webhook, document, filed, call)) return { ...common, value: null };
  // Judge it at the call's own time, because its age changes nothing.
  const eligible = destinationOf(webhook)?.eligible(webhook, call, document, call.ts) ?? [];
  const value = isEligible(eligible) ? (eligible.find(({ name }) => name === filed.name)?.value ?? null) : null;
  const isSame = filed.adjusted === 0 && value?.value === filed.value && value?.currency === filed.currency;
  return value === null || isSame ? null : { ...common, value };
}

/**
 * Whether the call, as it was last joined, no longer makes the conversion. If the owner has since renamed a goal or
 * stopped counting it, the conversion counted all the same.
 */
function isGone({ conversion_name }: Webhook, { goals }: Site, filed: FiledRow, call: Conversion["call"]): boolean {
  const isGoal = conversion_name === undefined && goals.some(({ name }) => name === filed.name);
  return call.join.status !== "matched" || call.goals.length === 0 || (isGoal && !call.goals.includes(filed.name));
}
