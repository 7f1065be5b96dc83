import { describe, expect, it } from "vitest";
import { readConfig } from "../../collector/config";

describe("the configuration", () => {
  it("has a default for everything", () => {
    expect(readConfig({})).toMatchObject({ port: 8787, dataFolder: "./data", rateLimit: 600, trustProxy: false });
    expect(readConfig({ PORT: "" }).port).toBe(8787);
  });

  it("takes what is set", () => {
    const config = readConfig({
      PORT: "0",
      CALLJOIN_RATE_LIMIT: "0",
      CALLJOIN_TRUST_PROXY: "2",
      CALLJOIN_ADMIN_TOKEN: "x".repeat(16),
    });
    expect(config).toMatchObject({ port: 0, rateLimit: 0, trustProxy: 2, adminToken: "x".repeat(16) });
    expect(readConfig({ CALLJOIN_TRUST_PROXY: "10.0.0.0/8, ::1" }).trustProxy).toEqual(["10.0.0.0/8", "::1"]);
  });

  it.each([
    ["PORT", "http"],
    ["PORT", "65536"],
    ["PORT", "-1"],
    ["CALLJOIN_RATE_LIMIT", "many"],
    ["CALLJOIN_ADMIN_TOKEN", "two words"],
    ["LOG_LEVEL", "loud"],
    ["CALLJOIN_TRUST_PROXY", "yes"],
    ["CALLJOIN_TRUST_PROXY", "10.0.0.0/33"],
    ["CALLJOIN_TRUST_PROXY", "300.0.0.1"],
    ["DATABASE_URL", "mysql://localhost/calls"],
    ["DATABASE_URL", "postgres:///calls"],
    ["CALLJOIN_SHARDED", "yes"],
    ["CALLJOIN_SHARDED", "true"],
  ])("names the variable that is wrong: %s=%s", (name, value) => {
    expect(() => readConfig({ [name]: value })).toThrow(new RegExp(`${name}: must be`));
  });

  it("takes PostgreSQL with an admin token that all collectors share, and not without", () => {
    const DATABASE_URL = "postgres://calljoin:secret@db.example:5433/calls";
    const config = readConfig({ DATABASE_URL, CALLJOIN_ADMIN_TOKEN: "x".repeat(16) });
    expect(config).toMatchObject({ databaseUrl: DATABASE_URL, sharded: false });
    expect(() => readConfig({ DATABASE_URL })).toThrow(/CALLJOIN_ADMIN_TOKEN: must be set/);
  });

  it("names all that is wrong at once", () => {
    expect(() => readConfig({ PORT: "x", CALLJOIN_RATE_LIMIT: "x" })).toThrow(/PORT[\s\S]*CALLJOIN_RATE_LIMIT/);
  });
});
