import {
  type Accepted,
  type AcceptedSnapshot,
  type CallName,
  expectedCalls,
  histories,
  matchRate,
  type Outcome,
} from "../../oracle";
import type { Call, Shop } from "../contract/shop";

/** Throws where a call or the match rate differs from the oracle's; gives how many calls were compared. */
export async function compareWithOracle(shop: Shop, accepted: Accepted): Promise<number> {
  const calls = await shop.calls("limit=500");
  const ids = new Map(calls.map((call) => [nameOf(call), call.id]));
  const expected = expectedCalls(accepted, (call) => ids.get(nameOf(call)) ?? "");
  const difference = differenceOf(calls.map(outcomeOf), expected);
  if (difference !== null) throw new Error(`${difference}\nafter ${JSON.stringify(accepted, null, 1)}`);
  await compareRates(shop, expected);
  return expected.length;
}

interface ShownView {
  view_id: string;
  number: number | null;
  started_at: number;
  last_seen_at: number;
  snapshots: { seq: number; at: number }[];
}

/** Throws where a visitor's sessions and views, as the collector shows them, are not the oracle's. */
export async function compareVisitors(shop: Shop, snapshots: AcceptedSnapshot[]): Promise<void> {
  for (const [contextId, views] of histories(snapshots)) {
    const answer = await shop.admin("GET", `/contexts/${contextId}`);
    const { sessions } = answer.json<{ sessions: { session_id: string; started_at: number; views: ShownView[] }[] }>();
    const shown = sessions.flatMap(({ session_id, views: ofSession }) =>
      ofSession.map(({ view_id, number, started_at, last_seen_at, snapshots: moments }) =>
        sorted({
          session_id,
          view_id,
          number: number ?? 0,
          started_at,
          last_seen_at,
          moments: moments.map(({ seq, at }) => ({ seq, at })),
        }),
      ),
    );
    const right = views.map(({ session_id, view_id, number, start, moments }) => {
      const last_seen_at = Math.max(...moments.map(({ at }) => at));
      return sorted({
        session_id,
        view_id,
        number,
        started_at: start,
        last_seen_at,
        moments: moments.map(({ seq, at }) => ({ seq, at })),
      });
    });
    if (JSON.stringify(shown.toSorted()) !== JSON.stringify(right.toSorted()))
      throw new Error(`the context ${contextId} differs:\n  is        ${shown.join()}\n  should be ${right.join()}`);
  }
}

async function compareRates(shop: Shop, expected: Outcome[]): Promise<void> {
  for (const by of [undefined, "vendor", "day"] as const) {
    const answer = await shop.admin("GET", `/match-rate${by === undefined ? "" : `?by=${by}`}`);
    const { rows } = answer.json<{ rows: object[] }>();
    const right = matchRate(expected, by).map(sorted);
    const told = rows.map((row) => sorted(pick(row, Object.keys(JSON.parse(right[0] ?? "{}")))));
    if (JSON.stringify(told.toSorted()) !== JSON.stringify(right.toSorted()))
      throw new Error(`match-rate by ${by}: ${told.join()}, expected ${right.join()}`);
  }
}

function pick(row: object, names: string[]): object {
  return Object.fromEntries(Object.entries(row).filter(([name]) => names.includes(name)));
}

/** What contract 8 says of a call, less what tells history. */
function outcomeOf({ id: _id, version: _version, ...call }: Call): Outcome {
  const { late: _late, ...join } = call.join;
  return { ...call, join };
}

/** The first difference between the calls, in words, or null where there is none. */
function differenceOf(actual: Outcome[], expected: Outcome[]): string | null {
  const names = new Set([...actual, ...expected].map(nameOf));
  for (const name of names) {
    const [is, should] = [actual, expected].map((calls) => calls.find((call) => nameOf(call) === name));
    const [isText, shouldText] = [sorted(is ?? {}), sorted(should ?? {})];
    if (isText !== shouldText) return `the call ${name} differs:\n  is        ${isText}\n  should be ${shouldText}`;
  }
  return null;
}

function nameOf({ vendor, type, transaction }: CallName): string {
  return JSON.stringify([vendor, type, transaction.id]);
}

/** JSON with the members of every object in one order. */
function sorted(value: object): string {
  const inOrder = (_key: string, member: unknown) =>
    member !== null && typeof member === "object" && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : member;
  return JSON.stringify(value, inOrder);
}
