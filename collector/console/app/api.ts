/**
 * Asks the collector's routes from the browser. Finds them by their place relative to this script, so that a prefix in
 * the path needs no setting.
 */
import type { Fault } from "../../wire/common";

export type { Fault };

/** Any answer that is not a success. `status` is 0 if there was no answer at all. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly detail: string,
    readonly errors: Fault[] = [],
  ) {
    super(detail);
  }
}

/** Where the console and its scripts are, with a slash at the end. */
export const HOME = new URL(".", import.meta.url);

/** The address of a route or file of the collector: `v1/sites`, `t/shop-uk.js`. */
export function addressOf(path: string): string {
  return new URL(path, new URL("..", HOME)).href;
}

/**
 * Joins the parts of a path, encoded so that no name can change the rest of it. Leaves out a parameter that is
 * undefined or empty.
 */
export function pathOf(parts: string[], query: Record<string, string | number | undefined> = {}): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined || value === "" ? [] : [[name, String(value)]],
  );
  const search = new URLSearchParams(given).toString();
  return parts.map(encodeURIComponent).join("/") + (search && `?${search}`);
}

/** The path of something that belongs to a site: `ofSite("shop-uk", "calls")`. */
export function ofSite(site: string, ...parts: string[]): string {
  return pathOf(["v1", "sites", site, ...parts]);
}

const signedOut = new Set<() => void>();

/** Calls `fn` when the collector says that nobody is signed in. */
export function onSignedOut(fn: () => void): void {
  signedOut.add(fn);
}

interface Asked {
  method?: "GET" | "POST" | "PUT" | "DELETE";
  /** An object is sent as JSON, a string unchanged. */
  body?: object | string | undefined;
  contentType?: string;
  signal?: AbortSignal | undefined;
}

/** Asks a route. Answers the parsed JSON, or undefined if there is none. Throws a {@link Problem}. */
export async function ask<T>(path: string, { method = "GET", body, contentType, signal }: Asked = {}): Promise<T> {
  const type = contentType ?? "application/json";
  let response: Response;
  let text: string;
  try {
    response = await fetch(addressOf(path), {
      method,
      signal: signal ?? null,
      credentials: "same-origin",
      cache: "no-store",
      ...(body === undefined
        ? {}
        : { body: typeof body === "string" ? body : JSON.stringify(body), headers: { "Content-Type": type } }),
    });
    text = await response.text();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem(0, "The collector does not answer. Check that it is running and that you are online.");
  }
  const answer = parsed(text);
  if (response.ok) return answer as T;
  if (response.status === 401 && !path.startsWith("v1/session")) for (const tell of signedOut) tell();
  const { detail, errors } = (answer ?? {}) as { detail?: string; errors?: Fault[] };
  throw new Problem(response.status, detail ?? `The answer was ${response.status} ${response.statusText}.`, errors);
}

export function post<T>(path: string, body?: object | string, signal?: AbortSignal): Promise<T> {
  return ask<T>(path, { method: "POST", body: body ?? {}, signal });
}

/** What was thrown, as a problem. Anything that is not a `Problem` is a fault of the console itself. */
export function problemOf(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem(-1, `The console failed: ${String(error)}. Reload the page.`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
