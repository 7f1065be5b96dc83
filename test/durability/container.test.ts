/** The image, built from the Dockerfile and run as compose.yaml runs it. */
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { afterAll, expect, it } from "vitest";
import { client } from "../collector/contract/http";
import { freePort } from "../collector/contract/process";
import { driveShop, event, newContext, view } from "../collector/contract/shop";
import { eventually } from "../eventually";

const BASES = [...readFileSync("Dockerfile", "utf8").matchAll(/^FROM (\S+)/gm)].map(([, image = ""]) => image);
const NAME = `calljoin-test-${process.pid}`;
const BUILD_MS = 1_200_000;
/** Podman leaves HEALTHCHECK out of an image of its own format (https://docs.podman.io/en/latest/markdown/podman-build.1.html#format). */
const env = { ...process.env, BUILDAH_FORMAT: "docker" };

const has = (tool: string, image: string) =>
  spawnSync(tool, ["image", "inspect", image], { stdio: "ignore" }).status === 0;
const tool = ["docker", "podman"].find((name) => BASES.every((image) => has(name, image))) ?? "";

function say(...args: string[]): string {
  return execFileSync(tool, args, { env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
}

afterAll(() => {
  if (tool === "") return;
  for (const args of [["rm", "--force"], ["volume", "rm"], ["rmi"]])
    spawnSync(tool, [...args, NAME], { stdio: "ignore" });
});

it.skipIf(tool === "")(
  `the image is healthy without rights and on a read-only root, joins a call, ends within 5 s, and still has it (docker or podman must have ${BASES.join(" and ")})`,
  async () => {
    say("build", "--tag", NAME, ".");
    const port = await freePort();
    const request = client(`http://127.0.0.1:${port}`);
    const rights = ["--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges"];
    say(
      "run",
      "--detach",
      `--name=${NAME}`,
      `--volume=${NAME}:/data`,
      `--publish=127.0.0.1:${port}:8787`,
      ...rights,
      NAME,
    );

    const [image] = JSON.parse(say("image", "inspect", NAME));
    const { Test } = image.Config.Healthcheck ?? image.Healthcheck;
    const [kind, ...command] = Test;
    expect(kind).toBe("CMD");
    const isHealthy = () => expect(() => say("exec", NAME, ...command)).not.toThrow();
    await eventually(isHealthy, 100);
    expect(say("exec", NAME, "id", "--user", "--name")).toBe("node");
    expect(() => say("exec", NAME, "touch", "/app/file")).toThrow("Read-only file system");

    const adminToken = say("exec", NAME, "cat", "/data/admin-token");
    const shop = driveShop(request, adminToken, "my-shop");
    expect((await shop.save({ name: "Shop", vendors: [{ name: "infinity" }] })).status).toBe(201);
    const context = newContext();
    await shop.post(context, [view("v1", Date.now() - 3_000)]);
    const reported = await shop.report("infinity", event({ id: context, transaction: "order-1", ts: Date.now() }));
    expect(reported.accepted).toBe(1);
    const isMatched = async () => expect((await shop.call("order-1")).join.status).toBe("matched");
    await eventually(isMatched, 100);

    const began = Date.now();
    say("stop", NAME);
    expect(Date.now() - began).toBeLessThan(5_000);
    expect(say("inspect", "--format={{.State.ExitCode}}", NAME)).toBe("0");

    say("start", NAME);
    await eventually(isHealthy, 100);
    await isMatched();
  },
  BUILD_MS,
);
