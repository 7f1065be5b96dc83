import { quote } from "../browser/json";
import { beacon, post } from "../transport/transport";
import type { Storage } from "./storage";

/** The collector takes 64 KiB, and all beacons of a page share 64 KiB: room is left for the envelope. */
const LARGEST_BODY = 60_000;
/** A fetch may outlive its page while it and the beacons after it fit into those 64 KiB. */
const LARGEST_KEEPALIVE = 30_000;
const LARGEST_QUEUE = 100_000;
/** What is read together leaves together; a call may come seconds later. */
const SOON = 300;
const LONGEST_BACKOFF = 5 * 60e3;
/** Without any answer (blocked, offline) we stop after so many attempts, until something new happens. */
const MOST_SILENT_RETRIES = 8;
/** What left by a request whose answer we may never see is not sent again by this page for so long. */
const AWAY = 60e3;
const CONTEXT_ID_LENGTH = 29;

/** A snapshot on its way: its visitor and its JSON, which never changes, as a snapshot's name stands for one body for ever. */
export interface Item {
  _line: string;
  /** When it left with a beacon, or with a fetch that outlives the page. */
  _leftAt?: number;
  _isAnswered?: boolean;
}

export interface Queue {
  _put(contextId: string, json: string): Item;
  /** Sends all; settled when all has been answered, or an attempt has failed. */
  _flush(): Promise<void>;
  /** The page is being hidden, and may never come back. */
  _leave(): void;
  /** The page is in use (again). */
  _wake(): void;
  _clear(): void;
  _items: Item[];
  _dropped: number;
  /** Attempts that failed in a row. */
  _failures: number;
  _lastAnswer: string;
}

const sizeOf = (items: Item[]): number => items.reduce((sum, { _line }) => sum + _line.length, 0);
const contextIdOf = (item: Item | undefined): string | undefined => item?._line.slice(0, CONTEXT_ID_LENGTH);

/** `address` gives the URL of the moment, and `accepted` hears of each URL at which the collector took a batch. */
export const createQueue = (
  site: string,
  storage: Storage,
  address: () => string,
  accepted: (url: string) => void,
): Queue => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let sending: Promise<void> | undefined;
  let isSaved: true | undefined;
  let largest = LARGEST_BODY;

  const save = () => {
    isSaved = storage._save(queue._items.map(({ _line }) => _line));
  };

  /** The first items of one visitor that fit into one body, without those that are on their way. */
  const nextBatch = () => {
    let room = largest;
    const here = queue._items.filter(({ _leftAt = 0 }) => Math.abs(Date.now() - _leftAt) > AWAY);
    return here.filter((item, i) => {
      room -= item._line.length;
      return !i || (room > 0 && contextIdOf(item) === contextIdOf(here[0]));
    });
  };

  const toBody = (batch: Item[]) =>
    `{"v":1,"site":${quote(site)},"context_id":"${contextIdOf(batch[0])}","sent_at":${Date.now()},` +
    `"snapshots":[${batch.map(({ _line }) => _line.slice(CONTEXT_ID_LENGTH))}]}`;

  /** After a failure the wait is doubled each time, and jittered, as all visitors fail together. */
  const schedule = (least = 0) => {
    const backoff = Math.min(1000 * 2 ** queue._failures, LONGEST_BACKOFF) * (0.5 + Math.random() / 2);
    timer = timer || setTimeout(queue._flush, Math.max(least, queue._failures ? backoff : SOON));
  };

  const keep = (items: Item[]) => {
    queue._items = items;
    while (sizeOf(queue._items) > LARGEST_QUEUE) {
      queue._items.shift();
      queue._dropped++;
    }
    save();
    schedule();
  };

  const send = async () => {
    for (let batch = nextBatch(); batch[0]; batch = nextBatch()) {
      const body = toBody(batch);
      const url = address();
      const outlives = !queue._failures && body.length < LARGEST_KEEPALIVE;
      const mark = (at: number) => {
        for (const item of batch) item._leftAt = at;
      };
      if (outlives) mark(Date.now());
      const { _status, _text, _retryAfter } = await post(url, body, outlives);
      queue._lastAnswer = `${_status} ${_text}`;
      mark(0);

      if (!_status || _status === 408 || _status === 429 || _status > 499) {
        if (++queue._failures < MOST_SILENT_RETRIES || _status) schedule(_retryAfter);
        return;
      }
      queue._failures = 0;
      if (_status === 413 && batch[1]) {
        largest = sizeOf(batch) / 2;
        continue;
      }
      const isAccepted = _status < 400;
      if (isAccepted) accepted(url);
      else queue._dropped += batch.length;
      for (const item of batch) item._isAnswered = isAccepted;
      queue._items = queue._items.filter((item) => !batch.includes(item));
      save();
    }
  };

  const queue: Queue = {
    _items: [],
    _dropped: 0,
    _failures: 0,
    _lastAnswer: "",
    _put(contextId, json) {
      const item: Item = { _line: contextId + json };
      keep([...queue._items, item]);
      return item;
    },
    _flush() {
      clearTimeout(timer);
      timer = undefined;
      const done = () => {
        sending = undefined;
      };
      sending = sending || send().then(done, done);
      return sending;
    },
    _leave() {
      for (let batch = nextBatch(); batch[0]; batch = nextBatch()) {
        // Refused means that the page's 64 KiB are used up, or that a blocker stands in for sendBeacon.
        let n = batch.length;
        while (n && !beacon(address(), toBody(batch.slice(0, n)))) n >>= 1;
        if (!n) void post(address(), toBody(batch), true);
        for (const item of batch.slice(0, n || batch.length)) item._leftAt = Date.now();
      }
      storage._rest();
    },
    _wake() {
      // While we rested another tab may have taken over what we had.
      if (isSaved && !storage._has()) queue._items = [];
      storage._wake((lines) => keep([...lines.map((_line) => ({ _line })), ...queue._items]));
    },
    _clear() {
      queue._items = [];
      storage._clear();
    },
  };
  return queue;
};
