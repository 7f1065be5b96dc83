import { quote } from "../browser/json";
import { safe } from "../browser/safe";
import { backoff, beacon, isTemporary, post } from "../transport/transport";
import type { Storage } from "./storage";

/** The collector takes 64 KiB, and all beacons of a page share 64 KiB: room is left for the envelope. */
const LARGEST_BODY = 60_000;
/** A fetch may outlive its page while it and the beacons after it fit into those 64 KiB. */
const LARGEST_KEEPALIVE = 30_000;
const LARGEST_QUEUE = 100_000;
/** Without any answer (blocked, offline) we stop after so many attempts, until something new happens. */
const MOST_SILENT_RETRIES = 8;
const CONTEXT_ID_LENGTH = 29;

/** A snapshot on its way. Its line (JSON) never changes: a snapshot's name stands for one body for ever. */
export interface Item {
  _contextId: string;
  _line: string;
  /** On its way by a request that outlives the page, or by a beacon, whose answer we never see. */
  _leaving?: boolean;
  /** Answered by the collector. */
  _answered?: boolean;
}

export interface Queue {
  _put(contextId: string, line: string): Item;
  /** Sends all; settled when all has been answered, or an attempt has failed. */
  _flush(): Promise<void>;
  /** The page is being hidden, and may never come back. */
  _leave(): void;
  /** The page is in use (again). */
  _wake(): void;
  _clear(): void;
  _items: Item[];
  _dropped: number;
  _failures: number;
  _lastAnswer: string;
}

/** `address` gives the URL of the moment, and `answered` is told of each batch that the collector has taken. */
export const createQueue = (
  site: string,
  storage: Storage,
  address: () => string,
  answered: (url: string) => void,
): Queue => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let sending: Promise<void> | undefined;
  let largest = LARGEST_BODY;

  let isSaved = false;

  const save = () => {
    isSaved = storage._save(queue._items.map((item) => item._contextId + item._line));
  };
  const size = (items: Item[]) => items.reduce((sum, item) => sum + item._line.length + 1, 0);

  /** The first items that may share an envelope: of one visitor, and together not too large. */
  const batchOf = (items: Item[]) => {
    const contextId = items[0]?._contextId;
    let room = largest;
    let n = 0;
    for (const item of items) {
      room -= item._line.length + 1;
      if (item._contextId !== contextId || (n && room < 0)) break;
      n++;
    }
    return items.slice(0, n);
  };

  const body = (batch: Item[]) =>
    `{"v":1,"site":${quote(site)},"context_id":"${batch[0]?._contextId}","sent_at":${Date.now()},"snapshots":[${batch.map((item) => item._line)}]}`;

  const schedule = (ms: number) => {
    timer = timer || setTimeout(queue._flush, ms);
  };

  const add = (items: Item[], first: boolean) => {
    queue._items = first ? [...items, ...queue._items] : [...queue._items, ...items];
    while (size(queue._items) > LARGEST_QUEUE) {
      queue._items.shift();
      queue._dropped++;
    }
    save();
    schedule(backoff(queue._failures));
  };

  const drop = (batch: Item[]) => {
    queue._items = queue._items.filter((item) => !batch.includes(item));
    save();
  };

  const send = async () => {
    while (queue._items.length) {
      const batch = batchOf(queue._items);
      const text = body(batch);
      const outlives = !queue._failures && text.length < LARGEST_KEEPALIVE;
      for (const item of batch) item._leaving = outlives;
      const url = address();
      const { _status, _text, _retryAfter } = await post(url, text, outlives);
      queue._lastAnswer = `${_status} ${_text}`;

      if (isTemporary(_status)) {
        for (const item of batch) item._leaving = false;
        queue._failures++;
        if (_status || queue._failures < MOST_SILENT_RETRIES) schedule(Math.max(_retryAfter, backoff(queue._failures)));
        return;
      }
      queue._failures = 0;
      if (_status === 413 && batch[1]) {
        largest = size(batch) / 2;
        continue;
      }
      if (_status > 399) queue._dropped += batch.length;
      else answered(url);
      for (const item of batch) item._answered = _status < 400;
      drop(batch);
    }
  };

  const queue: Queue = {
    _items: [],
    _dropped: 0,
    _failures: 0,
    _lastAnswer: "",
    _put(_contextId, _line) {
      const item: Item = { _contextId, _line };
      add([item], false);
      return item;
    },
    _flush() {
      clearTimeout(timer);
      timer = undefined;
      if (!sending) {
        const done = () => {
          sending = undefined;
        };
        sending = send().then(done, done);
      }
      return sending;
    },
    _leave: safe(() => {
      let rest = queue._items.filter((item) => !item._leaving);
      while (rest.length) {
        let batch = batchOf(rest);
        const whole = batch;
        // Refused means that the page's 64 KiB are used up, or that a blocker stands in for sendBeacon.
        while (batch.length && !beacon(address(), body(batch))) batch = batch.slice(0, batch.length >> 1);
        if (!batch.length) {
          batch = whole;
          void post(address(), body(batch), true);
        }
        for (const item of batch) item._leaving = true;
        rest = rest.slice(batch.length);
      }
      storage._rest();
    }),
    _wake: safe(() => {
      // While we rested another tab may have taken over what we had: storage knows.
      if (isSaved && !storage._load()) queue._items = [];
      storage._wake((lines) =>
        add(
          lines.map((line) => ({ _contextId: line.slice(0, CONTEXT_ID_LENGTH), _line: line.slice(CONTEXT_ID_LENGTH) })),
          true,
        ),
      );
    }),
    _clear() {
      queue._items = [];
      storage._clear();
    },
  };
  return queue;
};
