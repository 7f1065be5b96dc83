/** Puts every collector that a test of this project starts on the PostgreSQL that `server.ts` has started. */
import { inject } from "vitest";

process.env.DATABASE_URL = inject("databaseUrl");
