import { spawn } from "node:child_process";
import type { lookup } from "node:dns";
import { once } from "node:events";
import { createServer } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { readConfig } from "../../../collector/config";
import { createAddressFilter } from "../../../collector/forward/address";
import { createSender } from "../../../collector/forward/send";

// Made for this test and used nowhere else: a certificate that nobody has signed.
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgnIAKraShG/+VYzkm
WWNnFQ75VAWe79uXh2oDaJMxxJ2hRANCAAS/4+4PzTnaFn5AWQfdkXDbWdDO6KYz
YEZ9lH8Vgtxd2g3bC3kipUPpLGWYn3ais7sqk/yBkC4rwjGQYnmDxdEd
-----END PRIVATE KEY-----`;
const cert = `-----BEGIN CERTIFICATE-----
MIIBkDCCATagAwIBAgIUbfV8exvAV17ynhw+PH22xyY79zgwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJMTI3LjAuMC4xMCAXDTI2MTEyMzEwMTUxMVoYDzIxMjYxMDMw
MTAxNTExWjAUMRIwEAYDVQQDDAkxMjcuMC4wLjEwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAS/4+4PzTnaFn5AWQfdkXDbWdDO6KYzYEZ9lH8Vgtxd2g3bC3kipUPp
LGWYn3ais7sqk/yBkC4rwjGQYnmDxdEdo2QwYjAdBgNVHQ4EFgQU1jFikUAJCbIU
aRmFNCdhFgS3thMwHwYDVR0jBBgwFoAU1jFikUAJCbIUaRmFNCdhFgS3thMwDwYD
VR0TAQH/BAUwAwEB/zAPBgNVHREECDAGhwR/AAABMAoGCCqGSM49BAMCA0gAMEUC
IQDG/lZ7GK2XrkT59gvx9aq/eiDAiL36vViwGZBOwTL4NAIgfgOPJ/x5VJKGu18K
gOGOmctdps3UZ442KnOoUWE5zkg=
-----END CERTIFICATE-----`;

test("a receiver whose certificate nobody vouches for gets nothing", async () => {
  let requests = 0;
  const server = createServer({ key, cert }, (_request, response) => {
    requests += 1;
    response.end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const send = createSender({ filter: createAddressFilter(["127.0.0.1"]), clock: Date.now });
  const answer = await send({ method: "POST", url, headers: {}, body: "{}" });
  server.close();
  expect(answer).toMatchObject({ status: null, error: expect.stringMatching(/self-signed certificate/) });
  expect(requests).toBe(0);
});

test("a receiver that cannot be resolved fails with the reason", async () => {
  const send = createSender({ filter: createAddressFilter([]), clock: Date.now });
  const answer = await send({ method: "GET", url: "http://crm.invalid/", headers: {}, body: "" });
  expect(answer).toMatchObject({ status: null, error: expect.stringContaining("crm.invalid") });
});

test.each([
  ["user info that cannot be decoded", "http://user:100%sure@crm.example/", {}, "URI malformed"],
  ["a header that cannot be sent", "http://crm.example/", { "x-key": "\n" }, "Invalid character in header"],
  ["no URL at all", "crm.example", {}, "Invalid URL"],
])("a request that cannot be made is an attempt with its reason: %s", async (_what, url, headers, error) => {
  const send = createSender({ filter: createAddressFilter([]), clock: Date.now });
  const answer = await send({ method: "GET", url, headers, body: "" });
  expect(answer).toMatchObject({ status: null, error: expect.stringContaining(error) });
});

test.each(["127.0.0.1", "10.0.0.0/8, fd00::/8", "crm.internal", "localhost,::1", "crm"])(
  "CALLJOIN_ALLOW_PRIVATE can be %s",
  (value) => {
    const { allowPrivate } = readConfig({ CALLJOIN_ALLOW_PRIVATE: value });
    expect(allowPrivate).toEqual(value.split(",").map((part) => part.trim()));
  },
);

test.each(["http://crm.internal", "10.0.0.0/33", "10.0.0", "crm.internal:8080", "*", "crm.internal, ,", "a b"])(
  "CALLJOIN_ALLOW_PRIVATE of %j stops the start",
  (value) => {
    expect(() => readConfig({ CALLJOIN_ALLOW_PRIVATE: value })).toThrow(/CALLJOIN_ALLOW_PRIVATE: must be hosts/);
  },
);

/** Takes no connection more than the system does by itself, until a line comes; then answers 204 to each. */
const SLOW = `
const server = require("node:http").createServer((_request, response) => response.writeHead(204).end());
server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
  require("node:fs").writeSync(1, String(server.address().port));
  require("node:fs").readSync(0, Buffer.alloc(1));
});`;

test("a receiver that is far away is waited for, though its name has an address that leads nowhere from here", async () => {
  const child = spawn(process.execPath, ["-e", SLOW], { stdio: ["pipe", "pipe", "inherit"] });
  const [port] = await once(child.stdout, "data");
  // With these the system's queue is full, and who comes next is not answered: as if it were on its way.
  const others = Array.from({ length: 4 }, () => connect(Number(port), "127.0.0.1").on("error", () => undefined));
  await Promise.all(others.slice(0, 2).map((socket) => once(socket, "connect")));

  const addresses = [
    { address: "127.0.0.1", family: 4 },
    { address: "::1", family: 6 },
  ];
  const resolve = ((_host: string, _options: object, done: (error: null, all: typeof addresses) => void) =>
    done(null, addresses)) as typeof lookup;
  const send = createSender({ filter: createAddressFilter(["crm.example"]), clock: Date.now, resolve });
  const sent = send({ method: "POST", url: `http://crm.example:${port}/`, headers: {}, body: "{}" });
  // Longer than Node tries an address by itself before it tries the next one: 250 ms.
  await wait(400);
  for (const other of others) other.destroy();
  child.stdin.write("\n");
  expect(await sent).toMatchObject({ status: 204, error: null });
  child.kill();
});
