/** What docs/ says of metrics, held against a collector's own /metrics. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { event, newContext, openShop, THEN, view } from "../contract/shop";
import { type Running, startInProcess } from "../property/running";
import { tableUnder } from "./markdown";

let running: Running;
/** Name → the labels that it is told with. */
const told = new Map<string, Set<string>>();

beforeAll(async () => {
  running = await startInProcess(THEN);
  const { request, adminToken } = running;
  // A delivery, refusals of all kinds and a call dated ahead: a metric with labels is told from its first count on.
  const shop = await openShop(request, adminToken, { webhooks: [{ name: "crm", url: "http://127.0.0.1:1/" }] });
  const id = newContext();
  await shop.post(id, [view("view-1", THEN - 1), { view_id: "no-session" }]);
  await shop.report("infinity", event({ id, ts: THEN + 60_000, transaction: "t-1" }));
  await shop.admin("POST", "/webhooks/crm/test");
  await request("GET", "/v1/sites", { token: "wrong" });
  await request("POST", `/v1/calls/${shop.id}`, { token: "wrong", json: [] });
  const { text } = await request("GET", "/metrics");
  for (const [, name = ""] of text.matchAll(/^# TYPE (\S+)/gm)) told.set(name, new Set());
  for (const [, name = "", labels = ""] of text.matchAll(/^([a-z_]\w*)\{(.*)\} /gm)) {
    const all = told.get(name) ?? new Set();
    for (const [, label = ""] of labels.matchAll(/(\w+)="/g)) all.add(label);
    told.set(name, all);
  }
});
afterAll(() => running.stop());

/** The metrics that a query asks, with the labels that it asks them by. */
function askedBy(query: string): { name: string; labels: string[] }[] {
  return [...query.matchAll(/\b((?:calljoin|process|nodejs)_\w+)(?:\{([^}]*)\})?/g)].map(
    ([, name = "", labels = ""]) => ({
      name,
      labels: [...labels.matchAll(/(\w+)=/g)].map(([, label = ""]) => label).filter((label) => label !== "instance"),
    }),
  );
}

function expectTold(query: string): void {
  const grouped = [...query.matchAll(/by \(([^)]*)\)/g)].flatMap(([, names = ""]) => names.split(/, ?/));
  const asked = askedBy(query);
  expect(asked.length, query).toBeGreaterThan(0);
  for (const { name, labels } of asked) {
    expect([...told.keys()], query).toContain(name);
    // `instance` is Prometheus' own, `state` of attempts is told once there was one.
    const own = name === "calljoin_deliveries_total" ? [...labels, "state"] : labels;
    const has = name === "calljoin_deliveries_total" ? new Set(["state"]) : told.get(name);
    const wanted = [...own, ...grouped].filter((label) => label !== "instance" && label !== "le");
    for (const label of wanted) expect([name, label, has?.has(label)], query).toEqual([name, label, true]);
  }
}

interface Panel {
  title: string;
  gridPos: Record<"x" | "y" | "w" | "h", number>;
  targets: { expr: string }[];
}

describe("docs/grafana.json", () => {
  const { panels, title }: { panels: Panel[]; title: string } = JSON.parse(readFileSync("docs/grafana.json", "utf8"));

  it("is a dashboard whose panels do not overlap", () => {
    expect(title).toBe("Calljoin");
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, n) => `${x + (n % w)} ${y + Math.floor(n / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });

  it.each(panels)("asks for what there is: $title", ({ targets }) => {
    for (const { expr } of targets) expectTold(expr);
  });
});

describe("docs/alerts.yml", () => {
  const text = readFileSync("docs/alerts.yml", "utf8");
  const alerts = text.split("- alert: ").slice(1);

  it("has the four alerts that docs/operate.md says what to do about", () => {
    const names = alerts.map((alert) => /^\w+/.exec(alert)?.[0]);
    const documented = tableUnder("docs/operate.md", "Metrics and alerts").map(([name = ""]) =>
      name.replaceAll("`", ""),
    );
    expect(names).toHaveLength(4);
    expect(documented.filter((name) => name.startsWith("Calljoin"))).toEqual(names);
  });

  it.each(alerts.map((alert) => [/^\w+/.exec(alert)?.[0], alert]))(
    "asks for what there is: %s",
    (_name, alert = "") => {
      const [, expression = ""] = /expr: (?:>\n)?(.*?)\n {8}(?:for|labels):/s.exec(alert) ?? [];
      // Each comparison is a query of its own.
      for (const query of expression.split(/\n\s*(?:or|and) /)) if (!/^\s*up\{/.test(query)) expectTold(query);
    },
  );
});

describe("docs/operate.md", () => {
  it("names every metric of ours, and none that there is not", () => {
    const documented = tableUnder("docs/operate.md", "Metrics and alerts").map(([name = ""]) =>
      name.replaceAll("`", ""),
    );
    const ours = [...told.keys()].filter((name) => /^calljoin_/.test(name) && !/_(bucket|sum|count)$/.test(name));
    expect(documented.filter((name) => name.startsWith("calljoin_")).sort()).toEqual(ours.sort());
  });
});
