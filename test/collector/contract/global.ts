/** One collector for a whole run, on SQLite; of a project whose name ends with `on-postgres`, on a database of its own there. */
import type { TestProject } from "vitest/node";
import { createDatabase, dropDatabase } from "../../postgres/server";
import { startCollector } from "./process";

declare module "vitest" {
  export interface ProvidedContext {
    collector: { origin: string; adminToken: string; env: Record<string, string> };
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { url } = project.getProvidedContext().postgres;
  const database = url !== null && project.name.endsWith("on-postgres") ? await createDatabase(url) : "";
  const own = { DATABASE_URL: database, CALLJOIN_ALLOW_PRIVATE: "127.0.0.1" };
  const { origin, adminToken, data, stop } = await startCollector(own);
  project.provide("collector", {
    origin,
    adminToken,
    env: { ...own, CALLJOIN_DATA: data, CALLJOIN_ADMIN_TOKEN: adminToken },
  });
  return async () => {
    await stop();
    if (database) await dropDatabase(database);
  };
}
