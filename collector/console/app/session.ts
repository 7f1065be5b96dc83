/** Who is signed in, and which sites they see. */
import { computed, signal } from "@preact/signals";
import type { Answer } from "./answers";
import { addressOf, ask, onSignedOut, type Problem, post, problemOf } from "./api";

export type Session = Answer<"Session">;

export interface ListedSite {
  tracking_id: string;
  name: string;
  version: number;
  saved_at: number;
}

/** Undefined until the collector has answered, null if nobody is signed in. */
export const session = signal<Session | null | undefined>(undefined);
export const sites = signal<ListedSite[]>([]);
/** Why the console could not find out who is signed in. */
export const failure = signal<Problem | null>(null);

/** The console shows what saves or erases only to people who may do so. */
export const mayWrite = computed(() => session.value?.role === "admin");

onSignedOut(() => {
  session.value = null;
});

/** The key of a one-time link, `#sign-in=KEY`. Removes it from the address, where it would be copied and kept. */
function takeLink(): string | null {
  const [, key] = /^#sign-in=(.+)$/.exec(location.hash) ?? [];
  if (key) history.replaceState(null, "", location.pathname + location.search);
  return key ?? null;
}

export async function begin(): Promise<void> {
  failure.value = null;
  try {
    const link = takeLink();
    await enter(await (link ? post<Session>("v1/session", { link }) : ask<Session>("v1/session")));
  } catch (error) {
    const problem = problemOf(error);
    if (problem.status === 401) session.value = null;
    else failure.value = problem;
  }
}

/** Throws a `Problem`: 401 for a wrong token, 429 after too many of them. */
export async function signIn(token: string): Promise<void> {
  await enter(await post<Session>("v1/session", { token }));
}

export async function signOut(): Promise<void> {
  await ask("v1/session", { method: "DELETE" });
  session.value = null;
}

export async function readSites(): Promise<void> {
  sites.value = (await ask<{ sites: ListedSite[] }>("v1/sites")).sites;
}

async function enter(who: Session): Promise<void> {
  await readSites();
  session.value = who;
}

/** The address of something that pages or vendors ask for. It may differ from the console's own address. */
export function collectorAddress(path: string): string {
  const publicUrl = session.value?.public_url;
  return publicUrl ? `${publicUrl}/${path}` : addressOf(path);
}
