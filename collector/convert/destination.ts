/** A platform, as the rest of the code sees it: which calls it takes, how to tell it, what its answers mean. */

import type { AttemptRow } from "../store/tables";
import type { Call } from "../wire/call";
import type { ClickId } from "../wire/clicks";
import type { Answer, Outgoing } from "../wire/exchange";
import type { Site, Webhook } from "../wire/site";
import type { Conversion, Eligible } from "./conversion";

export interface Destination {
  /**
   * True if the webhook's own events and filter choose what to tell, as for any webhook. Otherwise it is told about
   * conversions.
   */
  isChosenFor?: true;
  /** What to tell the platform about a call at a given time (ms). */
  eligible(webhook: Webhook, call: Call, document: Site, now: number): Eligible;
  /** How to tell it by requests. Left out if it fetches a file. */
  api?: Api;
  file?: FileFormat;
}

export interface Api {
  /**
   * Whether a later version of a conversion replaces what the platform was told before. If not, the first version is
   * the last.
   */
  restates: boolean;
  /** The body of the request that tells the platform. */
  body(webhook: Webhook, call: Call, conversions: Conversion[]): string;
  /** Why the platform would no longer take a body, perhaps without saying so, or null if it would take it. */
  fault(body: string, now: number): string | null;
  /** What to ask next. If it throws, the error says why nothing can be asked, and we do not try again. */
  ask(asked: Asked): Promise<Question>;
  /** What an answer means, or null if its status says it, as for a webhook. */
  read(answer: Answer, asked: Asked): Verdict;
  /** What a refusal says in words, or null if it says nothing. */
  words(response: string): string | null;
}

export interface Asked {
  webhook: Webhook;
  body: string;
  /** The platform's credential. */
  secret: string;
  /** True if the platform should check the event but not count it. */
  test: boolean;
  /** Earlier attempts at this delivery, the earliest first. */
  attempts: Pick<AttemptRow, "status" | "request" | "response">[];
  now: number;
  send: (request: Outgoing) => Promise<Answer>;
}

/**
 * A request, and the version of it that we show, without credentials. If no request can be made yet, the answer that
 * says why.
 */
export type Question = { request: Outgoing; shown: Outgoing } | { shown: Outgoing; answer: Answer };

/** `later` means that the platform has taken the event but is not done. Ask again after this many ms. */
export type Verdict = "delivered" | "refused" | { later: number } | null;

/** A file that a platform fetches. */
export interface FileFormat {
  /** The lines above the rows. */
  head: string[][];
  row(conversion: Conversion): string[];
  /** How many rows the platform reads from one file. */
  mostRows: number;
  /** The same, for changes to what the platform was told before. */
  adjustments: {
    head: string[][];
    /** Null if the platform could not find what it was told. */
    row(adjustment: Adjustment): string[] | null;
    /** The click id by which the platform finds a conversion. Left out if it uses the call's transaction instead. */
    click?: ClickId;
  };
}

export interface Adjustment {
  /** The call's transaction id. */
  transaction_id: string;
  name: string;
  /** The call's time and click id, as the platform was told them. */
  ts: number;
  click_id: string | null;
  /** When we found out, in ms. */
  at: number;
  /** The new value, or null if the conversion is taken back. */
  value: Conversion["value"];
}

/** A POST request with a JSON body. */
export function jsonPost(url: string, body: string, headers: Record<string, string> = {}): Outgoing {
  const length = String(Buffer.byteLength(body));
  const usual = { "User-Agent": "Calljoin", "Content-Type": "application/json", "Content-Length": length };
  return { method: "POST", url, headers: { ...usual, ...headers }, body };
}
