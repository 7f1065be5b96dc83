import { emit } from "../browser/events";
import { quote } from "../browser/json";
import { chance, now } from "../browser/page";
import { after } from "../browser/safe";
import { setup } from "../setup";
import { post } from "../transport/transport";
import { claim, clearStorage, letGo, store } from "./storage";

/**
 * The collector takes 64 KiB, and a browser allows as much for all requests together that outlive their page. These
 * limits are in characters, each of which takes up to three bytes.
 */
const LARGEST_BODY = 20_000;
const LARGEST_QUEUE = 100_000;
/** How long a snapshot waits (ms), so that values read together leave together. It is short: a call may soon follow. */
const SOON = 300;
/** After so many failures in a row, the last after four minutes, we stop until something new happens. */
const MOST_RETRIES = 8;
const CONTEXT_ID_LENGTH = 29;
/**
 * An answer that would be the same next time: the collector's own refusal. Its problem (RFC 9457) shows whose it is:
 * its type is "about:blank". Proxies, firewalls, captive portals and service workers answer 403 and 404, too, and .NET
 * gateways do so with a problem of their own, but these may be gone tomorrow. A body that is too large (413) is too
 * large for all of them.
 */
const REFUSED = /^4(13|(?!08|29|31).. {"type":"ab)/;

/**
 * A snapshot on its way: its visitor and its JSON. The JSON never changes once it is sent, because a snapshot's name
 * stands for one body for ever.
 */
export interface Item {
  _line: string;
  /** True if it must not be sent now: its view's place is not certain yet, or a `keepalive` request is sending it. */
  _isHeld?: boolean;
  /** Settles when the request with which it left the page has been answered. */
  _left?: Promise<unknown>;
  /**
   * Only the collector's own receipt makes an item `sent` or `rejected`. `given_up`: the collector refused the whole
   * request, or we had too many items.
   */
  _status: "queued" | "sent" | "rejected" | "given_up";
  /** Why it was not taken. */
  _reason?: string;
}

let items: Item[] = [];
let dropped = 0;
/** How many attempts in a row have failed. */
let failures = 0;
/** The last request, and its answer. */
let body = "";
let answered = "";
/** The next attempt. */
let next: object | undefined;
let sending: Promise<void> | undefined;
let largest = LARGEST_BODY;

/** The queue's state for the inspector. */
export const report = () => ({ queued: items.length, dropped, failures, body, answer: answered });

const toItem = (_line: string): Item => ({ _line, _status: "queued" });
const contextIdOf = (item: Item): string => item._line.slice(0, CONTEXT_ID_LENGTH);
const toText = (): string => items.map((item) => item._line).join("\n");

/** The first items of one visitor that may be sent and fit into one body. */
const nextBatch = (): Item[] => {
  let room = largest;
  const here = items.filter((item) => !item._isHeld);
  return here.filter((item, i) => {
    room -= item._line.length;
    return !i || (room > 0 && contextIdOf(item) === contextIdOf(here[0] as Item));
  });
};

const end = (batch: Item[], status: Item["_status"], reason?: string): void => {
  for (const item of batch) {
    item._status = status;
    item._reason = reason as string;
    if (status === "given_up") dropped++;
  }
};

/** Replaces the items, in storage, too. If there are too many, the oldest ones are given up. */
const keep = (all: Item[]): void => {
  items = all;
  while (toText().length > LARGEST_QUEUE) end(items.splice(0, 1), "given_up", "too many");
  store(toText());
};

const schedule = (least = SOON): void => {
  // The wait doubles with each failure. It has jitter because all visitors fail at the same time.
  let wait = failures && 1000 * 2 ** failures * (0.5 + chance() / 2);
  if (wait < least) wait = least;
  if (next) return;
  const mine = {};
  next = mine;
  after(wait, () => {
    if (next === mine) flush();
  });
};

/** Sends a batch. Returns false if the attempt failed and the batch has to be sent again later. */
const send = async (batch: Item[], keepalive: boolean): Promise<boolean> => {
  for (const item of batch) item._isHeld = keepalive;
  const contextId = contextIdOf(batch[0] as Item);
  body =
    `{"v":1,"site":${quote(setup.site)},"context_id":"${contextId}","sent_at":${now()},` +
    `"snapshots":[${batch.map((item) => item._line.slice(CONTEXT_ID_LENGTH))}]}`;
  const { _status, _text, _receipt, _retryAfter } = await post(body, keepalive);
  for (const item of batch) item._isHeld = false;
  answered = `${_status} ${_text}`;
  if (_receipt) {
    end(batch, "sent");
    for (const { index, reason, detail } of _receipt.rejected) {
      end(batch.slice(index, index + 1), "rejected", `${reason}: ${detail}`);
      if (reason === "erased") emit("erased", contextId);
    }
  } else if (_status === 413 && batch[1]) {
    largest = body.length / 2;
  } else if (REFUSED.test(answered)) end(batch, "given_up", answered);
  else {
    if (failures < MOST_RETRIES) {
      failures++;
      // This replaces an attempt that was scheduled while the request was under way, before it failed.
      next = undefined;
      schedule(_retryAfter);
    }
    return false;
  }
  failures = 0;
  keep(items.filter((item) => item._status === "queued"));
  return true;
};

const sendAll = async (): Promise<void> => {
  await undefined; // so that `sending` is set before this function ends
  // A request can outlive its page while there is room in those 64 KiB. Without room it fails.
  for (let batch = nextBatch(); batch[0] && (await send(batch, !failures)); ) batch = nextBatch();
  sending = undefined;
};

/** Sends everything. Settles when all is answered, also what left with a page, or when an attempt has failed. */
export const flush = async (): Promise<void> => {
  next = undefined;
  sending ||= sendAll();
  await sending;
  for (const { _left } of items) await _left;
};

/** Puts a snapshot's JSON into the queue, or replaces that of `item`. It is sent unless it is held. */
export const put = (contextId: string, json: string, isHeld?: boolean, item = toItem("")): Item => {
  item._line = contextId + json;
  item._isHeld = isHeld;
  keep([...items.filter((other) => other !== item), item]);
  schedule();
  return item;
};

/** The page is being hidden and may never come back. The shop's next page sends what does not leave with it. */
export const leave = (): void => {
  next = undefined;
  for (let batch = nextBatch(); batch[0]; batch = nextBatch()) {
    const _left = send(batch, true);
    for (const item of batch) item._left = _left;
  }
  letGo();
};

/** The page is in use (again). */
export const wake = (): void =>
  claim((text) => {
    keep([...text.split("\n").map(toItem), ...items]);
    schedule();
  });

export const clear = (): void => {
  items = [];
  clearStorage();
};
