import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      { test: { name: "collector", include: ["test/collector/**/*.test.ts"], environment: "node" } },
      {
        // The same collector on PostgreSQL.
        test: {
          name: "contract-on-postgres",
          include: ["test/collector/contract/**/*.test.ts"],
          environment: "node",
          globalSetup: "test/collector/contract/on-postgres/server.ts",
          setupFiles: "test/collector/contract/on-postgres/use.ts",
        },
      },
      {
        // Several collectors on one PostgreSQL.
        test: {
          name: "cluster",
          include: ["test/cluster/**/*.test.ts"],
          environment: "node",
          testTimeout: 120_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        // The built collector, killed, stopped and starved.
        test: {
          name: "durability",
          include: ["test/durability/**/*.test.ts"],
          environment: "node",
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      { test: { name: "sdk", include: ["test/sdk/**/*.test.ts"], environment: "jsdom" } },
      {
        test: {
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          environment: "node",
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
