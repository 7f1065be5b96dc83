/** What a platform is to the rest: which calls it takes, how it is told, what its answers mean. */

import type { AttemptRow } from "../store/tables";
import type { Call } from "../wire/call";
import type { ClickId } from "../wire/clicks";
import type { Answer, Outgoing } from "../wire/exchange";
import type { Site, Webhook } from "../wire/site";
import type { Conversion, Eligible } from "./conversion";

export interface Destination {
  /** True where the webhook's own events and filter choose what it is told, as of any webhook; else it is told of conversions. */
  isChosenFor?: true;
  /** What it is to be told of a call at a time (ms). */
  eligible(webhook: Webhook, call: Call, document: Site, now: number): Eligible;
  /** How it is told by requests; left out where it fetches a file. */
  api?: Api;
  file?: FileFormat;
}

export interface Api {
  /** Whether a later version of a conversion takes the place of what it was told before; else the first one told is the last. */
  restates: boolean;
  /** The body of the request that tells it. */
  body(webhook: Webhook, call: Call, conversions: Conversion[]): string;
  /** Why it would not take a body any more, and would perhaps not say so; null where it would. */
  fault(body: string, now: number): string | null;
  /** What to ask next; an error that is thrown says why nothing can be asked, and is not tried again. */
  ask(asked: Asked): Promise<Question>;
  /** What an answer means; null where its status says it, as a webhook's does. */
  read(answer: Answer, asked: Asked): Verdict;
  /** What a refusal says in words, null where it says nothing. */
  words(response: string): string | null;
}

export interface Asked {
  webhook: Webhook;
  body: string;
  /** The platform's credential. */
  secret: string;
  /** True where it is to be checked and not counted. */
  test: boolean;
  /** Earlier attempts at this delivery, the earliest first. */
  attempts: Pick<AttemptRow, "status" | "request" | "response">[];
  now: number;
  send: (request: Outgoing) => Promise<Answer>;
}

/** A request, and what is shown of it: credentials are not. Where no request can be made yet, the answer that says why. */
export type Question = { request: Outgoing; shown: Outgoing } | { shown: Outgoing; answer: Answer };

/** `later` is when to ask again, ms from now: it has taken it, and is not done. */
export type Verdict = "delivered" | "refused" | { later: number } | null;

/** A file that a platform fetches. */
export interface FileFormat {
  /** The lines before the rows. */
  head: string[][];
  row(conversion: Conversion): string[];
  /** Rows that it reads of one file. */
  mostRows: number;
  /** The same for what is to be changed of what it was told. */
  adjustments: {
    head: string[][];
    /** Null where the platform could not find what it was told. */
    row(adjustment: Adjustment): string[] | null;
    /** The click id by which it finds a conversion; left out where it goes by the call's transaction. */
    click?: ClickId;
  };
}

export interface Adjustment {
  /** The call's transaction id. */
  transaction_id: string;
  name: string;
  /** The call's time and click id, as they were told. */
  ts: number;
  click_id: string | null;
  /** When it was found out, ms. */
  at: number;
  /** What it is now; null where it is taken back. */
  value: Conversion["value"];
}

/** A POST of JSON. `shown` headers stand in the place of those that hold a credential. */
export function jsonPost(url: string, body: string, headers: Record<string, string> = {}): Outgoing {
  const length = String(Buffer.byteLength(body));
  const usual = { "User-Agent": "Calljoin", "Content-Type": "application/json", "Content-Length": length };
  return { method: "POST", url, headers: { ...usual, ...headers }, body };
}
