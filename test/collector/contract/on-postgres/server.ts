/** Starts a PostgreSQL before the contract's suite runs on it, and ends it afterwards. */
import type { TestProject } from "vitest/node";
import { startPostgres } from "../../store/database";

declare module "vitest" {
  export interface ProvidedContext {
    databaseUrl: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startPostgres();
  project.provide("databaseUrl", await server.database());
  return server.stop;
}
