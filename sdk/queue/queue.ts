import { quote } from "../browser/json";
import { setup } from "../setup";
import { beacon, post } from "../transport/transport";
import { claim, clearStorage, isStored, rest, store } from "./storage";

/** The collector takes 64 KiB, and all beacons of a page share 64 KiB; in characters, which take up to three bytes. */
const LARGEST_BODY = 20_000;
const LARGEST_QUEUE = 100_000;
/** What is read together leaves together; a call may come seconds later. */
const SOON = 300;
const LONGEST_BACKOFF = 5 * 60e3;
/** After so many failures in a row we stop, until something new happens. */
const MOST_RETRIES = 9;
/** What left by a request whose answer we may never see is not sent again by this page for so long. */
const AWAY = 60e3;
const CONTEXT_ID_LENGTH = 29;

/** A snapshot on its way: its visitor and its JSON, which never changes, as a snapshot's name stands for one body for ever. */
export interface Item {
  _line: string;
  /** When it left with a beacon, or with a fetch that outlives the page; 0 where it did not. */
  _leftAt: number;
  _isAnswered?: boolean;
}

let items: Item[] = [];
let dropped = 0;
let failures = 0;
let lastAnswer = "";
let timer: ReturnType<typeof setTimeout> | 0 = 0;
let sending: Promise<void> | undefined;
let isSaved: boolean | undefined;
let largest = LARGEST_BODY;

/** How the queue is doing: snapshots that wait, that were given up, failures in a row, the collector's last answer. */
export type QueueReport = [queued: number, dropped: number, failures: number, lastAnswer: string];
export const reportQueue = (): QueueReport => [items.length, dropped, failures, lastAnswer];

const contextIdOf = ({ _line }: Item): string => _line.slice(0, CONTEXT_ID_LENGTH);

/** As text, a first character says what has left once: who takes it over need not hurry it off again with a beacon. */
const toText = () => items.map(({ _line, _leftAt }) => (_leftAt ? 1 : 0) + _line).join("\n");
const fromText = (text: string): Item[] =>
  text.split("\n").map((line) => ({ _line: line.slice(1), _leftAt: +(line[0] as string) }));

const mark = (batch: Item[], leftAt: number) => {
  for (const item of batch) item._leftAt = leftAt;
};

/** The first items of one visitor that fit into a body, of those that have not left since `time`. */
const nextBatch = (time: number): Item[] => {
  let room = largest;
  const here = items.filter(({ _leftAt }) => _leftAt < time);
  return here.filter((item, i) => {
    room -= item._line.length;
    return !i || (room > 0 && contextIdOf(item) === contextIdOf(here[0] as Item));
  });
};

const toBody = (batch: Item[]) =>
  `{"v":1,"site":${quote(setup.site)},"context_id":"${contextIdOf(batch[0] as Item)}","sent_at":${Date.now()},` +
  `"snapshots":[${batch.map(({ _line }) => _line.slice(CONTEXT_ID_LENGTH))}]}`;

const save = () => {
  isSaved = store(toText());
};

/** From here on these are the items, in storage too; the oldest of too many are given up. */
const keep = (all: Item[]) => {
  items = all;
  while (toText().length > LARGEST_QUEUE) {
    items.shift();
    dropped++;
  }
  save();
};

const schedule = (least = SOON) => {
  // Doubled with each failure, and jittered, as all visitors fail together.
  const backoff = failures && Math.min(1000 * 2 ** failures, LONGEST_BACKOFF) * (0.5 + Math.random() / 2);
  timer = timer || setTimeout(flush, Math.max(least, backoff));
};

const send = async () => {
  const next = () => nextBatch(Date.now() - AWAY);
  for (let batch = next(); batch[0]; batch = next()) {
    const body = toBody(batch);
    // A fetch outlives its page while there is room in those 64 KiB, and fails without.
    if (!failures) mark(batch, Date.now());
    const [status, text, retryAfter] = await post(body, !failures);
    mark(batch, 0);
    lastAnswer = `${status} ${text}`;

    if (/^(0|408|429|5..) /.test(lastAnswer)) {
      if (++failures < MOST_RETRIES) schedule(retryAfter);
      return;
    }
    failures = 0;
    if (status === 413 && batch[1]) {
      largest = body.length / 2;
    } else {
      if (status > 399) dropped += batch.length;
      for (const item of batch) item._isAnswered = status < 400;
      keep(items.filter((item) => !batch.includes(item)));
    }
  }
};

/** Sends all; settled when all has been answered, or an attempt has failed. */
export const flush = (): Promise<void> => {
  clearTimeout(timer);
  timer = 0;
  sending =
    sending ||
    send().finally(() => {
      sending = undefined;
    });
  return sending;
};

/** Takes a snapshot's JSON in. */
export const put = (contextId: string, json: string): Item => {
  const item: Item = { _line: contextId + json, _leftAt: 0 };
  keep([...items, item]);
  schedule();
  return item;
};

/** The page is being hidden, and may never come back. */
export const leave = (): void => {
  for (let batch = nextBatch(1); batch[0]; batch = nextBatch(1)) {
    let part = batch;
    // Refused means that the page's 64 KiB are used up, or that a blocker stands in for sendBeacon.
    while (part[0] && !beacon(toBody(part))) part = part.slice(0, part.length >> 1);
    if (!part[0]) {
      part = batch;
      void post(toBody(part), true);
    }
    mark(part, Date.now());
  }
  save();
  rest();
};

/** The page is in use (again). */
export const wake = (): void => {
  // While we rested another tab may have taken over what we had.
  if (isSaved && !isStored()) items = [];
  claim((text) => {
    keep([...fromText(text), ...items]);
    schedule();
  });
};

export const clear = (): void => {
  items = [];
  clearStorage();
};
