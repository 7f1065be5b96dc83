import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      { test: { name: "collector", include: ["test/collector/**/*.test.ts"], environment: "node" } },
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
