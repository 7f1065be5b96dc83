import type { AcceptedSnapshot } from "../../oracle";
import { driveShop, type Shop } from "../contract/shop";
import { compareVisitors, compareWithOracle } from "./compare";
import { NOON } from "./pools";
import type { Running } from "./running";
import type { Posted } from "./vendors";
import type { Envelope } from "./visitors";
import type { World } from "./world";

type Step = { rank: number } & (
  | { kind: "envelope"; envelope: Envelope }
  | { kind: "event"; posted: Posted }
  | { kind: "restart" }
  | { kind: "compare" }
);

let worlds = 0;
let compared = 0;

/** How many calls were compared with the oracle so far. */
export function callsCompared(): number {
  return compared;
}

/** Plays a world against the collector over HTTP and throws where a call differs from the oracle's. */
export async function play(running: Running, world: World): Promise<void> {
  const shop = driveShop(running.request, running.adminToken, `world-${process.pid}-${++worlds}`);
  await open(shop, world);
  const taken: Taken = { envelopes: new Map(), events: new Map() };
  let now = START;
  for (const batch of batches(stepsOf(world), world.schedule.together)) {
    running.setClock(++now);
    const [only] = batch;
    if (only?.kind === "restart") await running.restart();
    else if (only?.kind === "compare") await compare(shop, world, taken);
    else await Promise.all(batch.map((step) => post(shop, step, taken, now)));
  }
  await compare(shop, world, taken);
  await compareVisitors(
    shop,
    [...taken.envelopes].flatMap(([envelope, at]) => accepted(envelope, at)),
  );
}

/** What the collector has accepted: each envelope and each event at the time that it first came. */
interface Taken {
  envelopes: Map<Envelope, number>;
  events: Map<Posted, number>;
}

async function open(shop: Shop, { site }: World): Promise<void> {
  const document = {
    name: "A world",
    ...site,
    entities: site.entities?.map((entity) => ({ ...entity, type: "expression", value: "1" })),
    vendors: site.vendors?.map((vendor) => ({ ...vendor, adapter: "qprotocol" })),
  };
  const answer = await shop.save(document);
  if (answer.status !== 201) throw new Error(`the site was not saved: ${answer.text}`);
  for (const vendor of site.vendors ?? []) await shop.token(vendor.name);
}

function stepsOf({ envelopes, events, schedule }: World): Step[] {
  const steps: Step[] = [
    ...envelopes.map((envelope, n): Step => ({ kind: "envelope", envelope, rank: schedule.envelopes[n] ?? 0 })),
    ...envelopes.map((envelope, n): Step => ({ kind: "envelope", envelope, rank: schedule.envelopesAgain[n] ?? -1 })),
    ...events.map((posted, n): Step => ({ kind: "event", posted, rank: schedule.events[n] ?? 0 })),
    ...events.map((posted, n): Step => ({ kind: "event", posted, rank: schedule.eventsAgain[n] ?? -1 })),
    ...schedule.restarts.map((rank): Step => ({ kind: "restart", rank })),
    { kind: "compare", rank: schedule.pause },
  ];
  return steps.filter(({ rank }) => rank >= 0).toSorted((a, b) => a.rank - b.rank);
}

/** Requests that are under way at once; restarts and comparisons stand alone. */
function batches(steps: Step[], together: number): Step[][] {
  const all: Step[][] = [];
  for (const step of steps) {
    const last = all.at(-1);
    const joins =
      last !== undefined &&
      last.length < together &&
      [...last, step].every(({ kind }) => kind === "envelope" || kind === "event");
    if (joins) last.push(step);
    else all.push([step]);
  }
  return all;
}

async function post(shop: Shop, step: Step, taken: Taken, now: number): Promise<void> {
  if (step.kind === "envelope") await postEnvelope(shop, step.envelope, taken, now);
  if (step.kind === "event") {
    if (!taken.events.has(step.posted)) taken.events.set(step.posted, now);
    const receipt = await shop.report(step.posted.vendor, step.posted.event);
    if (receipt.accepted + receipt.duplicate !== 1)
      throw new Error(`an event's receipt says ${JSON.stringify(receipt)}`);
  }
}

/** Once an envelope has been answered, it comes again with a twin of each snapshot: the same name, another body. */
async function postEnvelope(shop: Shop, envelope: Envelope, taken: Taken, now: number): Promise<void> {
  const { context_id, behind, snapshots } = envelope;
  const twins = taken.envelopes.has(envelope) ? snapshots.map((each) => ({ ...each, at: each.at + 1 })) : [];
  const receipt = await shop.post(context_id, [...snapshots, ...twins], now - behind);
  if (!taken.envelopes.has(envelope)) taken.envelopes.set(envelope, now);
  const conflicts = receipt.rejected.filter(({ reason, index }) => reason === "conflict" && index >= snapshots.length);
  if (receipt.accepted + receipt.duplicate !== snapshots.length || conflicts.length !== twins.length)
    throw new Error(`${snapshots.length} and ${twins.length} twins, but the receipt says ${JSON.stringify(receipt)}`);
}

async function compare(shop: Shop, { site }: World, taken: Taken): Promise<void> {
  const snapshots = [...taken.envelopes].flatMap(([envelope, now]) => accepted(envelope, now));
  const events = [...taken.events].map(([posted, received_at]) => ({ ...posted, received_at }));
  compared += await compareWithOracle(shop, { site, snapshots, events });
}

function accepted({ context_id, behind, snapshots }: Envelope, now: number): AcceptedSnapshot[] {
  return snapshots.map((snapshot) => ({ ...snapshot, context_id, sent_at: now - behind, received_at: now }));
}

/** A time at which the collector's clock may start: after all that the worlds tell of. */
export const START = NOON + 400 * 86_400_000;
