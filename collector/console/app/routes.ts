/** The console's pages, in the order of the navigation. Each page is loaded when it is first opened. */
import type { ComponentType } from "preact";

export interface PageProps {
  /**
   * The site's tracking id, or {@link NO_SITE} if there is none. Only pages that are `anywhere` have to handle that.
   */
  site: string;
  /** What follows the page in the address: a call, a visitor, an entity's name. */
  item: string | undefined;
}

export interface Route {
  path: string;
  title: string;
  load: () => Promise<{ default: ComponentType<PageProps> }>;
  /** True for a page that needs no site, because it is about the collector or adds a site. */
  anywhere?: boolean;
}

export const ROUTES: Route[] = [
  { path: "overview", title: "Overview", load: () => import("./pages/overview") },
  { path: "calls", title: "Calls", load: () => import("./pages/calls") },
  { path: "entities", title: "Entities", load: () => import("./pages/entities") },
  { path: "webhooks", title: "Webhooks", load: () => import("./pages/webhooks") },
  { path: "vendors", title: "Vendors", load: () => import("./pages/vendors") },
  { path: "rejected", title: "Rejected", load: () => import("./pages/rejected") },
  { path: "visitors", title: "Visitors", load: () => import("./pages/visitors") },
  { path: "set-up", title: "Set-up", load: () => import("./pages/set-up"), anywhere: true },
  { path: "system", title: "System", load: () => import("./pages/system"), anywhere: true },
];

/** Takes the place of the site in an address if there is none. No tracking id begins like this. */
export const NO_SITE = "-";

/** The path of a page within the console: `/shop-uk/calls/CALL_ID`. */
export function placeOf(site: string, path: string, item?: string): string {
  return `/${[site, path, ...(item === undefined ? [] : [item])].map(encodeURIComponent).join("/")}`;
}
