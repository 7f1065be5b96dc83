import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readConfig, unknownVariables } from "../../collector/config";
import { databasePlace } from "../../collector/store/engine";

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
    ["CALLJOIN_TRUST_PROXY", "0.0.0.0/0"],
    ["CALLJOIN_TRUST_PROXY", "10.0.0.1, ::/0"],
    ["CALLJOIN_ADMIN_TOKEN", "schlüssel-zum-kollektor"],
    ["DATABASE_URL", "mysql://localhost/calls"],
    ["DATABASE_URL", "postgres://[/calls"],
    ["DATABASE_URL", "postgres://db.example:port/calls"],
    ["DATABASE_URL", "postgres://u:%E4@db.example/calls"],
    ["DATABASE_URL", "calls?host=/var/run/postgresql"],
    ["CALLJOIN_SECRETS", "/dev/null/secrets"],
    ["CALLJOIN_SHARDED", "yes"],
    ["CALLJOIN_SHARDED", "true"],
    ["CALLJOIN_PUBLIC_URL", "calls.shop.example"],
    ["CALLJOIN_PUBLIC_URL", "ftp://calls.shop.example"],
    ["CALLJOIN_PUBLIC_URL", "https://calls.shop.example/?site=1"],
    ["CALLJOIN_PUBLIC_URL", "https://calls.shop.example/#top"],
    ["CALLJOIN_PUBLIC_URL", "https://me:secret@calls.shop.example"],
    ["CALLJOIN_PUBLIC_URL", "https://"],
  ])("names the variable that is wrong: %s=%s", (name, value) => {
    expect(() => readConfig({ [name]: value })).toThrow(new RegExp(`${name}: must be`));
  });

  it.each([
    ["https://calls.shop.example", "https://calls.shop.example"],
    ["https://calls.shop.example/", "https://calls.shop.example"],
    ["HTTPS://Shop.example:443/calljoin//", "https://shop.example/calljoin"],
    ["http://127.0.0.1:8787", "http://127.0.0.1:8787"],
  ])("takes %s for the collector's public address", (given, kept) => {
    expect(readConfig({ CALLJOIN_PUBLIC_URL: given }).publicUrl).toBe(kept);
    expect(readConfig({}).publicUrl).toBeUndefined();
  });

  it("takes PostgreSQL with an admin token that all collectors share, and not without", () => {
    const DATABASE_URL = "postgres://calljoin:secret@db.example:5433/calls";
    const config = readConfig({ DATABASE_URL, CALLJOIN_ADMIN_TOKEN: "x".repeat(16) });
    expect(config).toMatchObject({ databaseUrl: DATABASE_URL, sharded: false });
    expect(() => readConfig({ DATABASE_URL })).toThrow(/CALLJOIN_ADMIN_TOKEN: must be set/);
  });

  it.each([
    ["postgres://u:secret@db.example:5433/calls", "db.example:5433/calls"],
    ["postgres://u:secret@[::1]/calls", "[::1]/calls"],
    ["postgres:///calls?host=/var/run/postgresql", "/var/run/postgresql, database calls"],
    ["postgres://u:secret@/calls?host=/var/run/postgresql", "/var/run/postgresql, database calls"],
    ["postgresql://u:secret@%2Fvar%2Frun/calls", "/var/run, database calls"],
    ["postgres:///calls", "localhost/calls"],
  ])("takes %s, as PostgreSQL's driver does, and says of it %s", (DATABASE_URL, place) => {
    const { databaseUrl = "" } = readConfig({ DATABASE_URL, CALLJOIN_ADMIN_TOKEN: "x".repeat(16) });
    expect(databasePlace(databaseUrl)).toBe(place);
    const { host, database } = new pg.Client({ connectionString: databaseUrl });
    expect([place.includes(host.replace(/^\[|\]$/g, "")), database]).toEqual([true, "calls"]);
  });

  it("names a certificate that DATABASE_URL names and that cannot be read", () => {
    const DATABASE_URL = "postgres://u:secret@db.example/calls?sslrootcert=/nowhere/ca.pem";
    expect(() => readConfig({ DATABASE_URL })).toThrow(
      /DATABASE_URL: names files that cannot be read: ENOENT.*ca\.pem/,
    );
  });

  describe("takes a secret from a file", () => {
    let folder: string;
    const fileOf = (name: string, text: string) => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), "calljoin-config-"));
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    it("that its name with _FILE behind it names, less the line's end", () => {
      const config = readConfig({
        CALLJOIN_ADMIN_TOKEN_FILE: fileOf("token", `${"x".repeat(16)}\n`),
        DATABASE_URL_FILE: fileOf("url", "postgres://calljoin:secret@db.example/calls\r\n"),
      });
      expect(config.adminToken).toBe("x".repeat(16));
      expect(config.databaseUrl).toBe("postgres://calljoin:secret@db.example/calls");
    });

    it("and checks it as it would the variable", () => {
      const CALLJOIN_ADMIN_TOKEN_FILE = fileOf("short", "short");
      expect(() => readConfig({ CALLJOIN_ADMIN_TOKEN_FILE })).toThrow(/CALLJOIN_ADMIN_TOKEN: must be at least 16/);
    });

    it("and names a file that is not there, is empty, or is one of two that say it", () => {
      const read = (file: string, token?: string) => () =>
        readConfig({ CALLJOIN_ADMIN_TOKEN_FILE: file, CALLJOIN_ADMIN_TOKEN: token });
      expect(read(join(folder, "none"))).toThrow(/CALLJOIN_ADMIN_TOKEN_FILE: .*none cannot be read: ENOENT/);
      expect(read(folder)).toThrow(/CALLJOIN_ADMIN_TOKEN_FILE: .* cannot be read: EISDIR/);
      expect(read(fileOf("empty", "\n"))).toThrow(/CALLJOIN_ADMIN_TOKEN_FILE: .*empty is empty/);
      expect(read(fileOf("one", "x".repeat(16)), "y".repeat(16))).toThrow(
        /CALLJOIN_ADMIN_TOKEN_FILE: must not be set if CALLJOIN_ADMIN_TOKEN is set/,
      );
    });
  });

  it("warns of a variable that it does not know, with the nearest that it does", () => {
    const known = { CALLJOIN_DATA: "", CALLJOIN_ADMIN_TOKEN_FILE: "", PATH: "", PORT: "" };
    expect(unknownVariables(known)).toEqual([]);
    expect(unknownVariables({ ...known, CALLJOIN_TRUST_PROXIES: "1", CALLJOIN_ADMINTOKEN: "x" })).toEqual([
      "CALLJOIN_TRUST_PROXIES is not a Calljoin variable and is ignored; did you mean CALLJOIN_TRUST_PROXY?",
      "CALLJOIN_ADMINTOKEN is not a Calljoin variable and is ignored; did you mean CALLJOIN_ADMIN_TOKEN?",
    ]);
  });

  it.each([
    ["CALLJOIN_DATABASE_URL", "; did you mean DATABASE_URL?"],
    ["CALLJOIN_DATABASE_URL_FILE", "; did you mean DATABASE_URL_FILE?"],
    ["CALLJOIN_PORT", "; did you mean PORT?"],
    ["CALLJOIN_HOST", "; did you mean HOST?"],
    ["CALLJOIN_LOGLEVEL", "; did you mean LOG_LEVEL?"],
    ["CALLJOIN_DTA", "; did you mean CALLJOIN_DATA?"],
    ["CALLJOIN_ROOT", ""],
    ["CALLJOIN_TOKEN", ""],
    ["CALLJOIN_", ""],
  ])("names of %s what is near, and nothing where nothing is%s", (name, advice) => {
    expect(unknownVariables({ [name]: "x" })).toEqual([`${name} is not a Calljoin variable and is ignored${advice}`]);
  });

  it("names all that is wrong at once", () => {
    expect(() => readConfig({ PORT: "x", CALLJOIN_RATE_LIMIT: "x" })).toThrow(/PORT[\s\S]*CALLJOIN_RATE_LIMIT/);
  });
});
