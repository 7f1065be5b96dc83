import { describe, expect, it } from "vitest";
import { refreshedCookie } from "../../../collector/intake/cookie";

const ID = "6o2diu81w9o-0irxltk5b-u9t1cv4";

interface Said {
  domain?: string;
  search?: string;
  origin?: string;
  host?: string;
  cookie?: string;
}

function refreshed({
  domain = "shop.example",
  search = `cookie_domain=${domain}`,
  origin = "https://www.shop.example",
  host = "collect.shop.example",
  cookie = `calljoin=${ID}.k2.1`,
}: Said) {
  return refreshedCookie({ search, hostname: host, headers: { origin, cookie } }, ID);
}

describe("the visitor's cookie", () => {
  it("is set again as it came, for the domain that the SDK keeps it on", () => {
    expect(refreshed({})).toBe(
      `calljoin=${ID}.k2.1; Domain=shop.example; Path=/; Max-Age=34000000; SameSite=Lax; Secure`,
    );
    expect(refreshed({ origin: "http://shop.example" })).not.toContain("Secure");
    expect(refreshed({ cookie: `a=1; calljoin=${ID}.k2; b=2` })).toContain(`calljoin=${ID}.k2;`);
  });

  it.each<[string, Said]>([
    ["the SDK did not ask", { domain: "" }],
    ["it asked twice", { search: "cookie_domain=shop.example&cookie_domain=shop.example" }],
    ["the domain would break the header", { domain: "shop.example%3B%20Path=/x" }],
    ["the domain is one label", { domain: "example" }],
    ["the page is elsewhere", { origin: "https://evil.example" }],
    ["the page only looks alike", { origin: "https://notshop.example" }],
    ["there is no origin", { origin: "" }],
    ["the collector is on another domain", { host: "collector.example" }],
    ["the request carried none", { cookie: "" }],
    ["it carried another visitor's", { cookie: "calljoin=other-visitor.k2" }],
    ["it carried two that differ", { cookie: `calljoin=${ID}.a; calljoin=${ID}.b` }],
  ])("is left alone where %s", (_name, said) => {
    expect(refreshed(said)).toBeNull();
  });
});
