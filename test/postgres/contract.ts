/** Puts the collectors that a test file starts on a database of their own. */
import { afterAll, beforeEach } from "vitest";
import { dropDatabase, noPostgres, startPostgres } from "../collector/store/database";

if (noPostgres) {
  beforeEach((context) => context.skip(noPostgres ?? ""));
} else {
  const url = await (await startPostgres()).database();
  process.env.DATABASE_URL = url;
  afterAll(() => dropDatabase(url));
}
