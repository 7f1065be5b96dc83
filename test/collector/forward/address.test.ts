import type { lookup } from "node:dns";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createAddressFilter } from "../../../collector/forward/address";
import { createSender } from "../../../collector/forward/send";
import { type Receiver, startReceiver } from "./receiver";

let local: Receiver;
let local6: Receiver;
beforeAll(async () => {
  local = await startReceiver();
  local6 = await startReceiver("::1");
});
afterAll(async () => {
  await local.stop();
  await local6.stop();
});

/** Answers these addresses for any name, one list a look-up, the last one for ever. */
function resolving(...answers: string[][]): typeof lookup {
  let asked = 0;
  return ((_host: string, _options: object, callback: (error: null, all: object[]) => void) => {
    const answer = answers[Math.min(asked++, answers.length - 1)] ?? [];
    callback(
      null,
      answer.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
    );
  }) as unknown as typeof lookup;
}

async function get(url: string, exceptions: string[] = [], resolve?: typeof lookup) {
  const filter = createAddressFilter(exceptions);
  const send = createSender({ filter, clock: Date.now, timeoutMs: 500, ...(resolve ? { resolve } : {}) });
  return send({ method: "POST", url, headers: {}, body: "{}" });
}

const LITERALS = [
  // Loopback, in every notation that a URL takes.
  "127.0.0.1",
  "127.0.0.2",
  "127.255.255.254",
  "127.1",
  "127.0.1",
  "127.0.0.1.",
  "2130706433",
  "0x7f000001",
  "0x7f.0.0.1",
  "0177.0.0.1",
  "017700000001",
  "0x7f.1",
  "①②⑦.⓪.⓪.①",
  "１２７.0.0.1",
  "[::1]",
  "[0:0:0:0:0:0:0:1]",
  // IPv4 inside of IPv6.
  "[::ffff:127.0.0.1]",
  "[::ffff:7f00:1]",
  "[0:0:0:0:0:ffff:10.0.0.1]",
  "[::ffff:169.254.169.254]",
  "[::ffff:8.8.8.8]",
  "[::127.0.0.1]",
  "[::ffff:0:127.0.0.1]",
  "[64:ff9b::127.0.0.1]",
  "[64:ff9b::a00:1]",
  "[64:ff9b:1::7f00:1]",
  "[2002:7f00:1::1]",
  "[2002:a9fe:a9fe::1]",
  "[2001:0:4136:e378:8000:63bf:80ff:fffe]",
  // This network, private, CGNAT, link-local with the clouds' metadata, and other special ranges.
  "0",
  "0.0.0.0",
  "0.1.2.3",
  "[::]",
  "10.0.0.1",
  "10.255.255.255",
  "100.64.0.1",
  "100.127.255.254",
  "168.63.129.16",
  "169.254.169.254",
  "0xa9fea9fe",
  "2852039166",
  "172.16.0.1",
  "172.31.255.255",
  "192.168.0.1",
  "192.168.255.255",
  "192.0.0.1",
  "192.0.0.170",
  "192.0.2.1",
  "192.88.99.1",
  "198.18.0.1",
  "198.19.255.255",
  "198.51.100.7",
  "203.0.113.7",
  "224.0.0.1",
  "239.255.255.255",
  "240.0.0.1",
  "255.255.255.255",
  "[fc00::1]",
  "[fd00:ec2::254]",
  "[fe80::1]",
  "[fec0::1]",
  "[ff02::1]",
  "[100::1]",
  "[2001:2::1]",
  "[2001:10::1]",
  "[2001:db8::1]",
  "[3fff::1]",
  "[5f00::1]",
];

describe("an address that is not public is never connected to", () => {
  test.each(LITERALS)("written as %s", async (host) => {
    const before = local.connections() + local6.connections();
    const { port } = new URL(host.startsWith("[") ? local6.url : local.url);
    const answer = await get(`http://${host}:${port}/`);
    expect(answer).toMatchObject({ status: null, error: expect.stringContaining("CALLJOIN_ALLOW_PRIVATE") });
    expect(local.connections() + local6.connections()).toBe(before);
  });

  test.each([
    [["127.0.0.1"]],
    [["::1"]],
    [["::ffff:127.0.0.1"]],
    [["10.0.0.1", "192.168.1.1", "fd00::1"]],
    [["169.254.169.254"]],
    [["64:ff9b::7f00:1"]],
  ])("behind a name that resolves to %j", async (addresses) => {
    const { port } = new URL(local.url);
    const before = local.connections();
    const answer = await get(`http://hook.example:${port}/`, [], resolving(addresses));
    expect(answer).toMatchObject({ status: null, error: expect.stringContaining("hook.example is not a public") });
    expect(local.connections()).toBe(before);
  });

  test("behind the name localhost", async () => {
    const answer = await get(local.url.replace("127.0.0.1", "localhost"));
    expect(answer).toMatchObject({ status: null, error: expect.stringContaining("CALLJOIN_ALLOW_PRIVATE") });
  });

  test("behind a name that resolves to an allowed address first, and to another a moment later", async () => {
    const { port } = new URL(local.url);
    const before = local.connections();
    const resolve = resolving(["127.0.0.2"], ["127.0.0.1"]);
    const answers = [];
    for (let n = 0; n < 3; n++) answers.push(await get(`http://hook.example:${port}/`, ["127.0.0.2"], resolve));
    expect(answers.map(({ status }) => status)).toEqual([null, null, null]);
    expect(local.connections()).toBe(before);
  });

  test("behind a name that resolves to it beside an allowed one", async () => {
    const { port } = new URL(local.url);
    const before = local.connections();
    const answer = await get(`http://hook.example:${port}/`, ["127.0.0.2"], resolving(["127.0.0.1", "127.0.0.2"]));
    expect(answer.status).toBeNull();
    expect(local.connections()).toBe(before);
  });

  test("by way of a redirect", async () => {
    local.behave((_request, response) => {
      response.writeHead(307, { Location: `${local6.url}/secret` }).end();
    });
    const answer = await get(local.url, ["127.0.0.1"]);
    expect(answer.status).toBe(307);
    expect(local6.received).toEqual([]);
    local.behave((_request, response) => void response.writeHead(204).end());
  });
});

describe("public addresses pass", () => {
  test.each(["8.8.8.8", "1.1.1.1", "172.15.0.1", "172.32.0.1", "100.63.0.1", "11.0.0.1", "192.167.1.1", "198.17.0.1"])(
    "%s",
    (address) => expect(createAddressFilter([]).allows("a.example", address)).toBe(true),
  );
  test.each(["2606:4700::1111", "2a00:1450::1", "2003::1", "2400::1"])("%s", (address) =>
    expect(createAddressFilter([]).allows("a.example", address)).toBe(true),
  );
});

describe("the operator lets through", () => {
  test.each([
    ["an address", ["127.0.0.1"]],
    ["a network", ["10.0.0.0/8", "127.0.0.0/24"]],
  ])("%s", async (_name, exceptions) => {
    expect((await get(local.url, exceptions)).status).toBe(204);
  });

  test("a host by its name, and no other host that resolves to the same", async () => {
    const { port } = new URL(local.url);
    const here = resolving(["127.0.0.1"]);
    expect((await get(`http://crm.internal:${port}/`, ["CRM.internal"], here)).status).toBe(204);
    expect((await get(`http://other.internal:${port}/`, ["crm.internal"], here)).status).toBeNull();
  });

  test("nothing beside what is listed", () => {
    const filter = createAddressFilter(["10.1.0.0/16", "fd00::/8"]);
    expect(["10.1.2.3", "fd00::1", "10.2.0.1", "127.0.0.1", "fe80::1"].map((ip) => filter.allows("a", ip))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});
