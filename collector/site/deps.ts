/** What every room's routes depend on, and how they find what their paths name. */
import type { Request, RequestHandler } from "express";
import { Problem } from "../http/problem";
import type { Store } from "../store/store";
import type { Vendor, Webhook } from "../wire/site";
import type { KnownSite, SiteRegistry } from "./registry";

export interface RouteDeps {
  sites: SiteRegistry;
  store: Store;
  clock: () => number;
  /** Lets a request through if the route is for the caller (`createGate`), and if the route knows its parameters. */
  gate: RequestHandler;
}

/**
 * The path's site, from memory (`sites.current`) or read again from the store (`sites.version`). Throws a 404 if there
 * is no such site.
 */
export async function siteOf(find: SiteRegistry["current"], { params }: Request): Promise<KnownSite> {
  const known = await find(String(params.site));
  if (!known) throw new Problem(404, "there is no such site");
  return known;
}

/** The path's site and its vendor, read again from the store. */
export async function vendorOf(sites: SiteRegistry, request: Request): Promise<KnownSite & { vendor: Vendor }> {
  const known = await siteOf(sites.version, request);
  const vendor = known.document.vendors.find(({ name }) => name === request.params.vendor);
  if (!vendor) throw new Problem(404, "the site has no such vendor");
  return { ...known, vendor };
}

/** The path's site and its webhook, read again from the store. */
export async function webhookOf(sites: SiteRegistry, request: Request): Promise<KnownSite & { webhook: Webhook }> {
  const known = await siteOf(sites.version, request);
  const webhook = known.document.webhooks.find(({ name }) => name === request.params.webhook);
  if (!webhook) throw new Problem(404, "the site has no such webhook");
  return { ...known, webhook };
}
