import { execFile, spawn, spawnSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { eventually } from "../../eventually";
import type { Shop } from "../contract/shop";
import { startWorld, type World } from "../forward/world";

const run = promisify(execFile);
const has = (command: string) => spawnSync("sh", ["-c", `command -v ${command}`]).status === 0;
const SCRIPT = new URL("../../../examples/asterisk/calljoin-cdr", import.meta.url).pathname;

let world: World;
let folder: string;
let shop: Shop;
beforeEach(async () => {
  world = await startWorld();
  folder = await mkdtemp(join(tmpdir(), "calljoin-asterisk-"));
  shop = await world.shop({ vendors: [{ name: "pbx", adapter: "asterisk", country: "GB" }], keep_caller: "full" });
  const conf = `CALLJOIN_URL=${world.origin}/v1/calls/${shop.id}/pbx\nCALLJOIN_TOKEN=${await shop.token("pbx")}\n`;
  await writeFile(join(folder, "calljoin-cdr.conf"), conf, { mode: 0o600 });
});
afterEach(async () => {
  await world.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The site's calls, as soon as there are some: the script posts in the background. */
const posted = () =>
  eventually(async () => {
    const calls = await shop.calls();
    const refused = calls.length === 0 && (await shop.admin("GET", "/rejected")).text;
    expect(calls.length, `nothing was posted; refused: ${refused}`).toBeGreaterThan(0);
    return calls;
  });

test.skipIf(!has("curl"))("the recipe's script posts a call's record, and answers before it is posted", async () => {
  const record = [
    "1795428000.7",
    "1795428000.8",
    "1795428000.250000",
    "95",
    "81",
    "ANSWERED",
    "02079460018",
    "+442079460099",
    "abcdefgh-1",
  ];
  const env = { ...process.env, CALLJOIN_CONF: join(folder, "calljoin-cdr.conf") };
  await run(SCRIPT, record, { env });
  await run(SCRIPT, ["1795428001.1", "1795428001.1", "1795428001.000000", "7", "0", "NO ANSWER", "", "", ""], { env });
  while ((await posted()).length < 2);
  const [missed, answered] = await posted();
  expect(answered).toMatchObject({
    transaction: { id: "1795428000.7" },
    ts: 1795428000250,
    duration_s: 95,
    answered: true,
    caller: "+442079460018",
    dialled: "+442079460099",
    join: { context_id: "abcdefgh-1", reason: "unknown_context" },
  });
  expect(missed).toMatchObject({ answered: false, duration_s: 7, caller: null, join: { reason: "no_id" } });
});

/** What docs/vendors.md tells to put into a file of Asterisk's. */
async function recipe(): Promise<string[]> {
  const docs = await readFile(new URL("../../../docs/vendors.md", import.meta.url), "utf8");
  return [...docs.matchAll(/```ini\n(.*?)```/gs)].map(([, text = ""]) => text);
}

test.skipIf(!has("asterisk") || !has("curl"))(
  "a real Asterisk posts its calls by the recipe (needs asterisk)",
  async () => {
    const [handler = "", entry = ""] = await recipe();
    const at = (name: string) => join(folder, name);
    for (const name of ["etc", "run", "lib", "spool", "log"]) await mkdir(at(name));
    const wrapper = `#!/bin/sh\nCALLJOIN_CONF=${at("calljoin-cdr.conf")} exec ${SCRIPT} "$@"\n`;
    await writeFile(at("calljoin-cdr"), wrapper);
    await chmod(at("calljoin-cdr"), 0o755);
    const directories = {
      astetcdir: "etc",
      astvarlibdir: "lib",
      astdbdir: "lib",
      astspooldir: "spool",
      astrundir: "run",
      astlogdir: "log",
    };
    const paths = Object.entries(directories).map(([key, name]) => `${key} => ${at(name)}`);
    const files: Record<string, string> = {
      "asterisk.conf": `[directories]\n${paths.join("\n")}\n`,
      "modules.conf": "[modules]\nautoload=yes\n",
      "cdr.conf": "[general]\nenable=yes\nunanswered=yes\nendbeforehexten=yes\n",
      "logger.conf": "[general]\n[logfiles]\nconsole => error,warning\n",
      "extensions.conf": `[inbound]\nexten => _X.,1,NoOp()\n${entry} same => n,Answer()\n same => n,Wait(2)\n same => n,Hangup()\n\n${handler.replace("/usr/local/bin/calljoin-cdr", at("calljoin-cdr"))}\n[out]\nexten => 1,1,Answer()\n same => n,Wait(3)\n`,
    };
    for (const [name, text] of Object.entries(files)) await writeFile(join(at("etc"), name), text);
    const asterisk = spawn("asterisk", ["-f", "-C", join(at("etc"), "asterisk.conf")], { stdio: "ignore" });
    try {
      const cli = (command: string) => run("asterisk", ["-C", join(at("etc"), "asterisk.conf"), "-rx", command]);
      await eventually(async () => expect((await cli("core waitfullybooted")).stdout).toMatch(/booted/), 200);
      await cli("channel originate Local/02079460099@inbound extension 1@out");
      const [call] = await posted();
      expect(call).toMatchObject({ answered: true, dialled: "+442079460099" });
      expect(call?.duration_s).toBeGreaterThanOrEqual(1);
    } finally {
      asterisk.kill("SIGKILL");
    }
  },
  60_000,
);
