/**
 * `calljoin doctor`: goes through everything that a collector needs, and says for each part that it is well, or what to
 * do.
 */
import { keptToken } from "../admin-token";
import { type Config, readConfig, unknownVariables } from "../config";
import { checkAddresses } from "./doctor-addresses";
import { checkPostgres, checkSqlite } from "./doctor-store";
import { type Finding, failed, ok, warning } from "./finding";

export interface Environment {
  env: Record<string, string | undefined>;
  /** Epoch milliseconds. */
  clock: () => number;
  fetch: typeof fetch;
}

/** Yields one line for each finding. */
export async function* doctor(environment: Environment): AsyncGenerator<{ line: string; isFailure: boolean }> {
  for await (const { state, part, what, todo } of findings(environment)) {
    const line = `${state.padEnd(9)}${part}: ${what}${todo ? `\n${" ".repeat(9)}→ ${todo}` : ""}`;
    yield { line, isFailure: state === "FAILED" };
  }
}

/** All findings. Those that depend on nothing else come first. */
export async function* findings(environment: Environment): AsyncGenerator<Finding> {
  const { env } = environment;
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const isOld = major < 20 || (major === 20 && minor < 19);
  yield isOld ? failed("Node", process.version, "install Node 20.19 or newer") : ok("Node", process.version);
  for (const line of unknownVariables(env)) yield warning("configuration", line);
  let config: Config;
  try {
    config = readConfig(env);
  } catch (error) {
    yield failed("configuration", (error as Error).message, "calljoin serve --help lists the variables");
    return;
  }
  yield ok("configuration", "valid");
  yield* config.databaseUrl === undefined
    ? checkSqlite(config.dataFolder, environment.clock)
    : checkPostgres(config, config.databaseUrl, environment.clock);
  let token = config.adminToken;
  try {
    token ??= keptToken(config.dataFolder);
  } catch (error) {
    yield { state: "FAILED", part: "admin token", what: (error as Error).message };
  }
  yield* checkAddresses(config, token, environment.fetch);
}
