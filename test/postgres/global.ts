/** One PostgreSQL for the whole run: the one of CALLJOIN_TEST_DATABASE_URL (its user may create databases), else one of the tests' own. */
import type { TestProject } from "vitest/node";
import { type Server, startServer } from "./server";

/** Where no PostgreSQL can run, `url` is null and `reason` says why: what needs one is skipped by name. */
export interface Given {
  url: string | null;
  reason: string;
}

declare module "vitest" {
  export interface ProvidedContext {
    postgres: Given;
  }
}

// Each project runs a set-up of its own, all of them in this process.
const everywhere = globalThis as { calljoinPostgres?: { server?: Promise<Server>; users: number } };
everywhere.calljoinPostgres ??= { users: 0 };
const shared = everywhere.calljoinPostgres;

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const url = process.env.CALLJOIN_TEST_DATABASE_URL;
  if (url) {
    project.provide("postgres", { url, reason: "" });
    return async () => undefined;
  }
  shared.users += 1;
  shared.server ??= startServer();
  try {
    project.provide("postgres", { url: (await shared.server).url, reason: "" });
  } catch (error) {
    // Whoever has no PostgreSQL may test the rest. What is to be released was tested whole.
    if (process.env.CI) throw error;
    const reason = `no PostgreSQL can run here: ${(error as Error).message.trim()}`;
    if (shared.users === 1)
      console.warn(`\n${reason}\nTests that need one are skipped. CALLJOIN_TEST_DATABASE_URL names another.\n`);
    project.provide("postgres", { url: null, reason });
  }
  return async () => {
    shared.users -= 1;
    if (shared.users === 0) await shared.server?.then((server) => server.stop()).catch(() => undefined);
  };
}
