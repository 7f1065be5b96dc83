/** One HTTP exchange, and what is asked of it in tests. */

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** The body as JSON; the caller says what it expects. */
  json<T>(): T;
}

export interface Asked {
  token?: string;
  /** Sent as JSON, unless `body` is given. */
  json?: unknown;
  body?: string | Uint8Array | ReadableStream<Uint8Array>;
  headers?: Record<string, string>;
}

export interface Problem {
  title?: string;
  status?: number;
  detail?: string;
  errors?: { path: unknown; message: string }[];
}

/** What `POST /v1/snapshots` and the call routes answer. */
export interface Receipt {
  accepted: number;
  duplicate: number;
  rejected: { index: number; reason: string; detail: string }[];
}

export type Request = (method: string, path: string, asked?: Asked) => Promise<Answer>;

/** A client of the collector at `origin`. Redirects are answers, too. */
export function client(origin: string): Request {
  return async (method, path, { token, json, body, headers = {} } = {}) => {
    const init: RequestInit & { duplex?: "half" } = { method, redirect: "manual", duplex: "half" };
    init.headers = {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(json === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    };
    if (body !== undefined) init.body = body as BodyInit;
    else if (json !== undefined) init.body = JSON.stringify(json);
    const response = await fetch(origin + path, init);
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: <T>() => JSON.parse(text) as T };
  };
}
