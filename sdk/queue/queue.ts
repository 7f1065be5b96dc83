import { emit } from "../browser/events";
import { quote } from "../browser/json";
import { chance, now } from "../browser/page";
import { after } from "../browser/safe";
import { setup } from "../setup";
import { post } from "../transport/transport";
import { claim, clearStorage, letGo, store } from "./storage";

/** The collector takes 64 KiB, and so do all requests together that outlive their page; in characters, which take up to three bytes. */
const LARGEST_BODY = 20_000;
const LARGEST_QUEUE = 100_000;
/** What is read together leaves together; a call may come seconds later. */
const SOON = 300;
/** After so many failures in a row, the last after four minutes, we stop, until something new happens. */
const MOST_RETRIES = 8;
const CONTEXT_ID_LENGTH = 29;
/**
 * An answer that will be no other the next time: the collector's own refusal, as its problem tells (RFC 9457), which is "about:blank". Proxies,
 * firewalls, captive portals and service workers say 403 and 404 as well, gateways of .NET by a problem of theirs, and are gone tomorrow. What is
 * too large is so for all of them.
 */
const REFUSED = /^4(13|(?!08|29|31).. {"type":"ab)/;

/** A snapshot on its way: its visitor and its JSON, which never changes once it is sent, as a snapshot's name stands for one body for ever. */
export interface Item {
  _line: string;
  /** Whether it is not to be sent now: its view's place is not certain yet, or a request that outlives the page is under way with it. */
  _isHeld?: boolean;
  /** Settled when the request has been answered with which it left the page. */
  _left?: Promise<unknown>;
  /** `sent` by the collector's own receipt alone; `rejected` by it, too; `given_up` where it refused the whole, or we had too many. */
  _status: "queued" | "sent" | "rejected" | "given_up";
  /** Why it was not taken. */
  _reason?: string;
}

let items: Item[] = [];
let dropped = 0;
/** In a row. */
let failures = 0;
/** The last request, and its answer. */
let body = "";
let answered = "";
/** The attempt that is to come. */
let next: object | undefined;
let sending: Promise<void> | undefined;
let largest = LARGEST_BODY;

/** How the queue is doing, for the inspector: what waits, what was given up, failures in a row, the last request and its answer. */
export const report = () => ({ queued: items.length, dropped, failures, body, answer: answered });

const toItem = (_line: string): Item => ({ _line, _status: "queued" });
const contextIdOf = (item: Item): string => item._line.slice(0, CONTEXT_ID_LENGTH);
const toText = (): string => items.map((item) => item._line).join("\n");

/** The first items of one visitor that fit into a body, of those that may be sent. */
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

/** From here on these are the items, in storage too; the oldest of too many are given up. */
const keep = (all: Item[]): void => {
  items = all;
  while (toText().length > LARGEST_QUEUE) end(items.splice(0, 1), "given_up", "too many");
  store(toText());
};

const schedule = (least = SOON): void => {
  // Doubled with each failure, and jittered, as all visitors fail together.
  let wait = failures && 1000 * 2 ** failures * (0.5 + chance() / 2);
  if (wait < least) wait = least;
  if (next) return;
  const mine = {};
  next = mine;
  after(wait, () => {
    if (next === mine) flush();
  });
};

/** Sends a batch; true where it has been answered, and need not be sent again. */
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
      // In place of what was put off while this was under way, which knew nothing of the failure.
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
  await undefined; // `sending` is there when this ends
  // A request outlives its page while there is room in those 64 KiB, and fails without.
  for (let batch = nextBatch(); batch[0] && (await send(batch, !failures)); ) batch = nextBatch();
  sending = undefined;
};

/** Sends all; settled when all has been answered, what left with the page included, or an attempt has failed. */
export const flush = async (): Promise<void> => {
  next = undefined;
  sending ||= sendAll();
  await sending;
  for (const { _left } of items) await _left;
};

/** Takes a snapshot's JSON in, in place of what `item` was before; it is sent unless it is held. */
export const put = (contextId: string, json: string, isHeld?: boolean, item = toItem("")): Item => {
  item._line = contextId + json;
  item._isHeld = isHeld;
  keep([...items.filter((other) => other !== item), item]);
  schedule();
  return item;
};

/** The page is being hidden, and may never come back: what does not leave with it is sent by the shop's next page. */
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
