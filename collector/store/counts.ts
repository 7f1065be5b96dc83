/** Counts calls in steps of some milliseconds, so that a report about a million calls blocks nobody. */
import { type Kysely, sql } from "kysely";
import type { Outcome } from "../wire/call";
import { type Shift, shiftsOf } from "../wire/zone";
import { type CallCount, type CallFilter, type CallPlace, filtered } from "./reads";
import { beyond, inChunks } from "./rows";
import type { Tables } from "./tables";

/** What calls are counted by. */
export type CountedBy = "vendor" | "day" | "reason" | null;
export type ConvertedBy = "day" | "source" | "goal";

/**
 * Conversions that have a key in common, and what they were worth by currency. The currency is `XXX` if none was
 * reported (ISO 4217).
 */
export interface ConversionCount {
  key: string;
  conversions: number;
  value: Record<string, number>;
}

type Span = Pick<CallFilter, "from" | "to">;

export interface Counted<Count> {
  counts: Count[];
  /** Where the next step begins. Null if all calls are counted. */
  next: CallPlace | null;
}

/**
 * Calls that a step counts by default. An index holds what is asked of most of them. If it does not hold a conversion's
 * worth, the step reads the whole outcome.
 */
const COUNTED = 2_000;
const CONVERTED = 500;

type Worth = Pick<Outcome, "goals" | "source" | "total">;

/** PostgreSQL takes no more than 2,704 bytes into an index. */
const LONGEST_WORTH = 500;

/** A conversion's column `worth`. Null if it would be too long. */
export function worthOf({ goals, source, total }: Worth): string | null {
  const text = JSON.stringify({ goals, source, total });
  return text.length > LONGEST_WORTH ? null : text;
}

const DAY_MS = 86_400_000;

export function countStore(db: Kysely<Tables>) {
  /**
   * The calls of a time span after a place, in their order. The query always names the time, so that the walk over the
   * index begins there.
   */
  function following(site: string, { from = 0, to = Number.MAX_SAFE_INTEGER }: Span, after: CallPlace | null) {
    const rows = filtered(db.selectFrom("calls"), site, { from: after?.ts ?? from, to });
    return rows.where(beyond(">", after && { ts: after.ts, call_id: after.call_id }));
  }

  return {
    /**
     * A step of counting the calls of a time span, after a place. The key is the vendor, the zone's day (`2026-11-23`),
     * the reason (or the status, such as `matched`), or `all`.
     */
    async countStep(
      site: string,
      span: Span,
      by: CountedBy,
      zone: string,
      after: CallPlace | null,
      most = COUNTED,
    ): Promise<Counted<CallCount>> {
      const rows = following(site, span, after);
      const inOrder = rows.select(["ts", "call_id"]).orderBy("ts").orderBy("call_id").limit(1);
      const first = await inOrder.executeTakeFirst();
      if (!first) return { counts: [], next: null };
      const next = (await inOrder.offset(most - 1).executeTakeFirst()) ?? null;
      const last =
        next ?? (await rows.select("ts").orderBy("ts", "desc").orderBy("call_id", "desc").limit(1).executeTakeFirst());
      const keys = {
        vendor: () => sql<string>`vendor`,
        day: () => dayOf(shiftsOf(zone, first.ts, last?.ts ?? first.ts)),
        reason: () => sql<string>`coalesce(reason, status)`,
        // PostgreSQL does not group by a bare constant.
        all: () => sql<string>`cast('all' as text)`,
      };
      const key = keys[by ?? "all"]();
      const late = sql<number>`case when status = 'matched' and first_status <> 'matched' then 1 else 0 end`;
      // SQLite can end its walk by one column, but not by two together (https://sqlite.org/rowvalue.html, 3.2). What it
      // reads in vain are calls of the same ms.
      const upTo = next
        ? following(site, { ...span, to: next.ts + 1 }, after).where(
            beyond("<=", { ts: next.ts, call_id: next.call_id }),
          )
        : rows;
      const counts = await upTo
        .select([key.as("key"), "status", "rule", "reason", late.as("late"), sql<number>`count(*)`.as("calls")])
        .groupBy([key, "status", "rule", "reason", late])
        .execute();
      const nameOf = (key: string | number) =>
        by === "day" ? new Date(Number(key) * DAY_MS).toISOString().slice(0, 10) : String(key);
      return { counts: counts.map((row) => ({ ...row, key: nameOf(row.key), late: row.late === 1 })), next };
    },

    /** A step of counting the conversions of a time span. A conversion that meets two goals is counted for each. */
    async convertedStep(
      site: string,
      span: Span,
      by: ConvertedBy,
      zone: string,
      after: CallPlace | null,
      most = CONVERTED,
    ): Promise<Counted<ConversionCount>> {
      const rows = await following(site, span, after)
        // A literal, so that the index of conversions is enough.
        .where("converts", "=", sql.lit(1))
        .select(["ts", "call_id", "worth"])
        .orderBy("ts")
        .orderBy("call_id")
        .limit(most)
        .execute();
      const last = rows.at(-1);
      const shifts = shiftsOf(zone, rows[0]?.ts ?? 0, last?.ts ?? 0);
      const unsaid = rows.flatMap(({ call_id, worth }) => (worth === null ? [call_id] : []));
      const calls = db.selectFrom("calls").select(["call_id", "outcome"]).where("site", "=", site);
      const whole = await inChunks(unsaid, (part) => calls.where("call_id", "in", part));
      const outcomes = new Map(whole.map(({ call_id, outcome }) => [call_id, outcome]));
      const counts = new Map<string, ConversionCount>();
      for (const { ts, call_id, worth } of rows) {
        const { goals, source, total } = JSON.parse(worth ?? outcomes.get(call_id) ?? "{}") as Worth;
        for (const key of by === "goal" ? goals : [by === "day" ? dayIn(shifts, ts) : source]) {
          const count = counts.get(key) ?? { key, conversions: 0, value: {} };
          counts.set(key, count);
          count.conversions += 1;
          const currency = total?.currency ?? "XXX";
          if (total) count.value[currency] = (count.value[currency] ?? 0) + total.value;
        }
      }
      const isLast = rows.length < most || !last;
      return { counts: [...counts.values()], next: isLast ? null : { ts: last.ts, call_id: last.call_id } };
    },
  };
}

/** The day of a call's T as the clocks of a zone show it, in days since 1970. */
function dayOf(shifts: Shift[]) {
  const cases = shifts.map(({ until, offset }) => sql`when ts < ${sql.lit(until)} then ts + ${sql.lit(offset)}`);
  return sql<string>`(case ${sql.join(cases, sql` `)} end) / ${sql.lit(DAY_MS)}`;
}

function dayIn(shifts: Shift[], ts: number): string {
  const { offset } = shifts.find(({ until }) => ts < until) ?? { offset: 0 };
  return new Date(ts + offset).toISOString().slice(0, 10);
}
