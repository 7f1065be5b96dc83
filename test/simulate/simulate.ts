/**
 * `npm run simulate [-- --visitors 1800 --seed 1 --url http://… --admin-token …]`: traffic of which the truth is known, sent to a collector
 * through its own routes in random order and partly twice; then what it made of the calls is compared with the truth, cause by cause.
 * Ends with 1 where the goal is missed.
 */
import { parseArgs } from "node:util";
import { client, type Request } from "../collector/contract/http";
import { startCollector } from "../collector/contract/process";
import { type Call, driveShop, type Shop } from "../collector/contract/shop";
import { CAUSES, type Envelope, type PhoneCall, type Truth } from "./causes";
import { createRandom, type Random } from "./random";
import { scores, shortfall, table } from "./score";
import { DAY, HOUR } from "./visit";

const { values: options } = parseArgs({
  options: {
    visitors: { type: "string", default: "1800" },
    seed: { type: "string", default: String(Date.now() % 100_000) },
    url: { type: "string" },
    "admin-token": { type: "string", default: "" },
  },
});
const AT_ONCE = 16;
const TWICE = 0.1;

const SITE = {
  name: "Simulated shop",
  entities: [
    { name: "basket", type: "expression", scope: "session", value: "basket.total" },
    { name: "product", type: "simple", scope: "page_view", value: "product.id" },
    {
      name: "rtap_visitor",
      type: "expression",
      scope: "session",
      value: "window.rTap?.visitorId",
      identifies: "responsetap",
    },
  ],
  vendors: [
    { name: "infinity", adapter: "qprotocol" },
    {
      name: "responsetap",
      adapter: "qprotocol",
      offline_prefixes: ["gbr0", "clarity"],
      unusable: [{ field: "source", matches: "^ppc-" }],
    },
  ],
};

interface Traffic {
  envelopes: Envelope[];
  calls: (PhoneCall & { cause: string })[];
}

function makeTraffic(random: Random, visitors: number): Traffic {
  const causes = Object.entries(CAUSES);
  const traffic: Traffic = { envelopes: [], calls: [] };
  for (let n = 0; n < visitors; n += 1) {
    const [cause, story] = causes[n % causes.length] ?? random.pick(causes);
    const { envelopes, calls } = story(random, Date.now() - random.between(2 * DAY, 5 * DAY) + HOUR);
    traffic.envelopes.push(...envelopes);
    traffic.calls.push(...calls.map((call) => ({ ...call, cause })));
  }
  return traffic;
}

/** Posts everything in random order, some of it twice, so that calls come before their snapshots as often as after them. */
async function send(random: Random, shop: Shop, { envelopes, calls }: Traffic): Promise<number> {
  const posts = [
    ...envelopes.map((envelope) => () => postEnvelope(shop, envelope)),
    ...calls.flatMap(({ vendor, events }) => events.map((event) => () => shop.report(vendor, event))),
  ];
  const order = random.shuffle([...posts, ...posts.filter(() => random.chance(TWICE))]);
  const workers = Array.from({ length: AT_ONCE }, async () => {
    for (let post = order.pop(); post !== undefined; post = order.pop()) await post();
  });
  const count = order.length;
  await Promise.all(workers);
  return count;
}

async function postEnvelope(shop: Shop, { context_id, ahead, delay, snapshots }: Envelope): Promise<void> {
  const receipt = await shop.post(context_id, snapshots, Date.now() + ahead - delay);
  if (receipt.rejected.length > 0) throw new Error(`rejected: ${JSON.stringify(receipt.rejected)}`);
}

async function allCalls(shop: Shop): Promise<Map<string, Call>> {
  const calls = new Map<string, Call>();
  for (let cursor: string | null = ""; cursor !== null; ) {
    const answer = await shop.admin(
      "GET",
      `/calls?limit=100${cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`}`,
    );
    const page: { calls: Call[]; next_cursor: string | null } = answer.json();
    for (const call of page.calls) calls.set(call.transaction.id, call);
    cursor = page.next_cursor;
  }
  return calls;
}

async function simulate(request: Request, adminToken: string): Promise<string | null> {
  const random = createRandom(Number(options.seed));
  const shop = driveShop(request, adminToken, `simulated-${random.text(6)}`);
  const saved = await shop.save(SITE);
  if (saved.status !== 201) throw new Error(`the site was not saved: ${saved.status} ${saved.text}`);
  for (const { name } of SITE.vendors) await shop.token(name);

  const traffic = makeTraffic(random, Number(options.visitors));
  const start = Date.now();
  const requests = await send(random, shop, traffic);
  const seconds = (Date.now() - start) / 1000;
  const calls = await allCalls(shop);
  const told = traffic.calls.map(
    ({ cause, transaction, truth }: { cause: string; transaction: string; truth: Truth }) => ({
      cause,
      truth,
      call: calls.get(transaction),
    }),
  );
  const all = scores(Object.keys(CAUSES), told);
  const total = all.at(-1);
  process.stdout.write(`${requests} requests in ${seconds.toFixed(1)} s, seed ${options.seed}\n\n${table(all)}\n\n`);
  return total === undefined ? "no calls" : shortfall(total);
}

async function main(): Promise<void> {
  const given = options.url === undefined ? null : client(options.url);
  const own = given === null ? await startCollector() : null;
  try {
    const missed = await simulate(
      given ?? (own as NonNullable<typeof own>).request,
      own?.adminToken ?? options["admin-token"],
    );
    process.stdout.write(missed === null ? "The goal is reached.\n" : `The goal is missed: ${missed}.\n`);
    process.exitCode = missed === null ? 0 : 1;
  } finally {
    await own?.stop();
  }
}

await main();
