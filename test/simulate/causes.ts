import { event } from "../collector/contract/shop";
import type { Json, JsonObject } from "../oracle";
import type { Random } from "./random";
import {
  APART,
  type Browsing,
  browse,
  DAY,
  dialTime,
  HOUR,
  MINUTE,
  SECOND,
  type Session,
  type Snapshot,
  type View,
  valuesAt,
} from "./visit";

/** One request of a browser: `ahead` is how far its clock is ahead, `delay` how long the network held it, both in milliseconds. */
export interface Envelope {
  context_id: string;
  ahead: number;
  delay: number;
  snapshots: Snapshot[];
}

/** What a call should be joined to, or null where nothing that was sent could tell. */
export type Truth = { context_id: string; view_id: string; entities: JsonObject } | null;

export interface PhoneCall {
  transaction: string;
  vendor: "infinity" | "responsetap";
  events: Json[];
  truth: Truth;
}

/** A visitor's part of the traffic. */
export interface Story {
  envelopes: Envelope[];
  calls: PhoneCall[];
}

export type Cause = (random: Random, noon: number) => Story;

/** Each cause by its name; `noon` is a time in the past around which the visit happens. */
export const CAUSES: Record<string, Cause> = {
  "one tab": (random, noon) => online(random, visitor(random, noon, {}), {}),
  "several tabs, the call has its URL": (random, noon) =>
    online(random, visitor(random, noon, { tabs: 3 }), { url: true }),
  "several tabs, call from the newest": (random, noon) =>
    online(random, visitor(random, noon, { tabs: 3 }), { newest: true }),
  "single-page application": (random, noon) =>
    online(random, visitor(random, noon, { pagesInTab: 9, stay: [10 * SECOND, 25 * SECOND] }), {}),
  "two visits, call after the second": twoVisits,
  "start and end event": (random, noon) => online(random, visitor(random, noon, {}), { ends: true }),
  "clock off by a few seconds": (random, noon) =>
    online(random, visitor(random, noon, {}), { ahead: random.between(-3 * SECOND, 3 * SECOND) }),
  "clock off by an hour": (random, noon) =>
    online(random, visitor(random, noon, {}), { ahead: random.pick([-HOUR, HOUR]) }),
  "clock off by a day": (random, noon) =>
    online(random, visitor(random, noon, { tabs: 2 }), { ahead: random.pick([-DAY, DAY]), url: true }),
  "clock off by a year": (random, noon) =>
    online(random, visitor(random, noon, {}), { ahead: random.pick([-365 * DAY, 365 * DAY]) }),
  "some batches held for minutes": (random, noon) => online(random, visitor(random, noon, {}), { held: true }),
  "first snapshot of the view lost": (random, noon) =>
    online(random, visitor(random, noon, { stay: [40 * SECOND, 3 * MINUTE] }), { lost: true }),
  "offline id with an alias": (random, noon) => offline(random, noon, true),
  "offline id without an alias": (random, noon) => offline(random, noon, false),
  "offline id of an advert": advert,
  "consent refused": consentRefused,
  "all snapshots lost": nothingArrives,
  "vendor's clock 30 s behind, on the first page": slowVendor,
  "offline id of a shared device": sharedDevice,
  "call weeks after the window": tooLate,
};

interface Visitor {
  id: string;
  session: Session;
}

function visitor(random: Random, noon: number, more: Partial<Browsing>): Visitor {
  const browsing = { start: noon + random.between(0, 6 * HOUR), tabs: 1, pagesInTab: random.between(1, 5), number: 1 };
  const stay: [number, number] = [20 * SECOND, 5 * MINUTE];
  return { id: contextId(random), session: browse(random, { ...browsing, stay, ...more }) };
}

interface Circumstances {
  url?: boolean;
  ends?: boolean;
  ahead?: number;
  held?: boolean;
  lost?: boolean;
  newest?: boolean;
}

/** A visitor who dials while a page is open, with the context_id that the vendor's tag has read. */
function online(
  random: Random,
  { id, session }: Visitor,
  { url = false, ends = false, ahead = 0, held = false, lost = false, newest = false }: Circumstances,
): Story {
  const view = newest ? newestAt(session, Number.POSITIVE_INFINITY) : random.pick(session.views);
  if (lost) lose(view);
  const time = dialTime(random, view, session);
  const snapshots = session.views.flatMap((each) => each.snapshots);
  const known = view.snapshots.some(({ at }) => time !== null && at <= time);
  const envelopes = batches(random, id, snapshots, ahead, held);
  if (time === null || !known) return { envelopes, calls: [] };
  const values = valuesAt(session, view, time);
  if (lost) delete values.product;
  const current = url ? view : newestAt(session, time);
  if (current.id !== view.id) return { envelopes, calls: [] };
  const call = phoneCall(random, "infinity", { id, time, url: url || random.chance(0.3) ? view.url : "", ends });
  return { envelopes, calls: [{ ...call, truth: { context_id: id, view_id: view.id, entities: values } }] };
}

/** The first snapshot never arrives, and with it the view's facts; what is left begins with the next one. */
function lose(view: View): void {
  view.snapshots.shift();
}

function newestAt(session: Session, time: number): View {
  const begun = session.views.filter((view) => view.start <= time);
  return begun.at(-1) ?? (session.views[0] as View);
}

function twoVisits(random: Random, noon: number): Story {
  const first = visitor(random, noon - random.between(1, 20) * DAY, {});
  const second = visitor(random, noon, { number: 2 });
  const story = online(random, { ...second, id: first.id }, {});
  const earlier = batches(
    random,
    first.id,
    first.session.views.flatMap((view) => view.snapshots),
    0,
    false,
  );
  return { envelopes: [...earlier, ...story.envelopes], calls: story.calls };
}

/** A visitor whom the vendor knows by an id of its own, and who calls hours or days after the visit. */
function offline(random: Random, noon: number, told: boolean): Story {
  const vendorId = `${random.pick(["gbr0", "clarity"])}${random.text(10)}`;
  const { id, session } = visitor(random, noon - 9 * DAY, told ? { vendorId } : {});
  const view = newestAt(session, Number.POSITIVE_INFINITY);
  const time = session.end + random.between(HOUR, 8 * DAY);
  const envelopes = batches(
    random,
    id,
    session.views.flatMap((each) => each.snapshots),
    0,
    false,
  );
  const call = phoneCall(random, "responsetap", { id: vendorId, time, url: "", ends: false });
  const truth = told ? { context_id: id, view_id: view.id, entities: valuesAt(session, view, time) } : null;
  return { envelopes, calls: [{ ...call, truth }] };
}

function nothingArrives(random: Random, noon: number): Story {
  const { calls } = online(random, visitor(random, noon, {}), {});
  return { envelopes: [], calls: calls.map((call) => ({ ...call, truth: null })) };
}

/** The call seems to come before the visitor's first page. */
function slowVendor(random: Random, noon: number): Story {
  const { id, session } = visitor(random, noon, {});
  const [view] = session.views;
  const envelopes = batches(
    random,
    id,
    session.views.flatMap((each) => each.snapshots),
    0,
    false,
  );
  if (view === undefined) return { envelopes, calls: [] };
  const call = phoneCall(random, "infinity", { id, time: view.start + APART - 30 * SECOND, url: "", ends: false });
  return {
    envelopes,
    calls: [{ ...call, truth: { context_id: id, view_id: view.id, entities: { product: view.id } } }],
  };
}

/** A screen in a shop, used by many: its id is everybody's. */
function sharedDevice(random: Random, noon: number): Story {
  const vendorId = `gbr0${random.text(10)}`;
  const visitors = Array.from({ length: random.between(11, 14) }, () =>
    visitor(random, noon - DAY, { vendorId, pagesInTab: 1 }),
  );
  const envelopes = visitors.flatMap(({ id, session }) =>
    batches(
      random,
      id,
      session.views.flatMap((each) => each.snapshots),
      0,
      false,
    ),
  );
  const call = phoneCall(random, "responsetap", { id: vendorId, time: noon, url: "", ends: false });
  return { envelopes, calls: [{ ...call, truth: null }] };
}

function advert(random: Random, noon: number): Story {
  const id = `gbr0${random.text(10)}`;
  return {
    envelopes: [],
    calls: [
      {
        ...phoneCall(random, "responsetap", { id, time: noon, url: "", ends: false, source: "ppc-search" }),
        truth: null,
      },
    ],
  };
}

/** No cookie, so the vendor's tag reads none: nothing, or what scripts make of nothing. */
function consentRefused(random: Random, noon: number): Story {
  const id = random.pick<Json | undefined>([undefined, null, "", "undefined", "null", "0"]);
  return {
    envelopes: [],
    calls: [
      { ...phoneCall(random, "infinity", { id, time: noon, url: "https://shop.example/", ends: false }), truth: null },
    ],
  };
}

function tooLate(random: Random, noon: number): Story {
  const { id, session } = visitor(random, noon - 60 * DAY, {});
  const call = phoneCall(random, "infinity", {
    id,
    time: session.end + random.between(31, 50) * DAY,
    url: "",
    ends: false,
  });
  return {
    envelopes: batches(
      random,
      id,
      session.views.flatMap((view) => view.snapshots),
      0,
      false,
    ),
    calls: [{ ...call, truth: null }],
  };
}

interface Dialled {
  id: Json | undefined;
  time: number;
  url: string;
  ends: boolean;
  source?: string;
}

/** What the vendor posts of one call: in seconds or milliseconds, with an end event hours later where it tells of ends. */
function phoneCall(
  random: Random,
  vendor: PhoneCall["vendor"],
  { id, time, url, ends, source = "desk" }: Dialled,
): Omit<PhoneCall, "truth"> {
  const transaction = `t${random.text(12)}`;
  const ts = (at: number) => (random.chance(0.5) ? Math.floor(at / SECOND) : at);
  const named = id === undefined ? {} : { id };
  const start = event({ ...named, ts: ts(time), url, source, transaction });
  const total = { value: random.between(1, 300), currency: "GBP" };
  const end = event({
    ts: ts(time + random.between(MINUTE, 3 * DAY)),
    source,
    total,
    transaction,
    id: random.pick<Json>(["", "undefined"]),
  });
  return { transaction, vendor, events: ends ? [start, end] : [start] };
}

/** Snapshots leave the browser a few at a time. One request at least is quick; others may be held. */
function batches(random: Random, context_id: string, snapshots: Snapshot[], ahead: number, held: boolean): Envelope[] {
  const inOrder = snapshots.toSorted((a, b) => a.at - b.at);
  const all: Envelope[] = [];
  while (inOrder.length > 0) {
    const delay =
      held && all.length > 0 && random.chance(0.5) ? random.between(1, 15) * MINUTE : random.between(0, 1500);
    const some = inOrder.splice(0, random.between(1, 4)).map((snapshot) => onClock(snapshot, ahead));
    all.push({ context_id, ahead, delay, snapshots: some });
  }
  return all;
}

/** The snapshot as the visitor's own clock dates it. */
function onClock({ view, ...snapshot }: Snapshot, ahead: number): Snapshot {
  const facts = view === undefined ? {} : { view: { ...view, session_at: view.session_at + ahead } };
  return { ...snapshot, at: snapshot.at + ahead, ...facts };
}

function contextId(random: Random): string {
  return `${random.text(11)}-0${random.text(8)}-${random.text(7)}`;
}
