/** Snapshots: from a request's body to rows (contract 4). */
import canonicalize from "canonicalize";
import { checked, Problem } from "../http/problem";
import type { SiteRegistry } from "../site/registry";
import type { RejectedRow, SnapshotRow } from "../store/tables";
import { faultText } from "../wire/common";
import { envelopeSchema, type Receipt, snapshotSchema } from "../wire/snapshots";
import { wellFormedJson } from "../wire/text";
import type { Committer } from "./commit";
import { type Rejection, receipt, rejectedRow } from "./receipt";
import { keptValues } from "./values";

export interface SnapshotIntakeDeps {
  sites: SiteRegistry;
  committer: Committer;
  /** Throws if a site has used up its requests for now. */
  admit: (site: string) => void;
}

/** What a request says beside its body. */
export interface Arrival {
  /** When it arrived, by the collector's clock. */
  receivedAt: number;
  /** Of the body. */
  bytes: number;
  /** The page's origin; null where the request has none. */
  origin: string | null;
}

/** Takes one envelope; resolves when what it counts as accepted is on disk. */
export type TakeSnapshots = (body: unknown, arrival: Arrival) => Promise<Receipt>;

export function createSnapshotIntake({ sites, committer, admit }: SnapshotIntakeDeps): TakeSnapshots {
  return async (body, { receivedAt, bytes, origin }) => {
    const envelope = checked(envelopeSchema, body, "the body is not a snapshots envelope");
    const { site, context_id, sent_at, snapshots } = envelope;
    const known = await sites.current(site);
    if (!known) throw new Problem(404, `there is no site ${JSON.stringify(site)}`);
    admit(site);
    const { origins } = known.document;
    if (origin !== null && origins.length > 0 && !origins.includes(origin)) {
      throw new Problem(403, `${origin} is not one of the site's origins`);
    }

    const rows: { index: number; row: SnapshotRow }[] = [];
    const rejections: Rejection[] = [];
    snapshots.forEach((snapshot, index) => {
      const read = snapshotSchema.safeParse(snapshot);
      if (!read.success) {
        rejections.push({ index, reason: "invalid", detail: faultText(read.error, "snapshot") });
        return;
      }
      const { view_id, session_id, seq, at, view, entities, errors } = read.data;
      const row = { site, context_id, view_id, seq, session_id, at, sent_at, received_at: receivedAt };
      rows.push({
        index,
        row: {
          ...row,
          view: view ? canonical(view) : null,
          entities: canonical(keptValues(entities)),
          errors: errors ? canonical(keptValues(errors)) : null,
        },
      });
    });

    const refuse = (rejection: Rejection): RejectedRow => {
      // Nothing of an erased visitor is kept, not even what was refused. (If it was refused for another reason, the
      // store sees to it.)
      const kept = rejection.reason === "erased" ? null : { ...envelope, snapshots: [snapshots[rejection.index]] };
      const row = {
        site,
        route: "snapshots",
        vendor: null,
        call_id: null,
        received_at: receivedAt,
        body: wellFormedJson(kept),
      };
      return rejectedRow(row, rejection);
    };
    const write = { snapshots: rows.map(({ row }) => row), events: [], rejected: rejections.map(refuse) };
    const { snapshots: verdicts } = await committer.submit(write, bytes);
    const late = rows.flatMap(({ index }, i) => refusedByStore(index, verdicts[i]));
    if (late.length > 0) await committer.submit({ snapshots: [], events: [], rejected: late.map(refuse) }, bytes);
    return receipt(verdicts, [...rejections, ...late]);
  };
}

function refusedByStore(index: number, verdict: string | undefined): Rejection[] {
  if (verdict === "conflict") {
    return [{ index, reason: "conflict", detail: "another snapshot of this view has the same seq" }];
  }
  return verdict === "erased" ? [{ index, reason: "erased", detail: "this visitor was erased" }] : [];
}

/** RFC 8785, so that equal documents have equal text. */
function canonical(value: unknown): string {
  return canonicalize(value) ?? "null";
}
