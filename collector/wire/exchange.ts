/** A request to a receiver, and what came of it. */

export interface Outgoing {
  method: "GET" | "POST";
  url: string;
  headers: Record<string, string>;
  body: string;
}

export interface Answer {
  /** Null if there was no answer. */
  status: number | null;
  retryAfter: string | null;
  /** The answer's first 20,000 bytes. */
  response: string;
  /** Why there is no answer. */
  error: string | null;
  ms: number;
}
