/** The console's pages, in the order of its navigation; each is loaded when it is opened first. */
import type { ComponentType } from "preact";

export interface PageProps {
  /** The site's tracking id; null where there is none, which only the pages `anywhere` have to know. */
  site: string;
  /** What stands behind the page in the address: a call, a visitor, an entity's name. */
  item: string | undefined;
}

export interface Route {
  path: string;
  title: string;
  load: () => Promise<{ default: ComponentType<PageProps> }>;
  /** True for what is about the collector, and so needs no site. */
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

/** Stands in an address for the site where there is none; no tracking id begins so. */
export const NO_SITE = "-";

/** The place of a page within the console: `/shop-uk/calls/CALL_ID`. */
export function placeOf(site: string, path: string, item?: string): string {
  return `/${[site, path, ...(item === undefined ? [] : [item])].map(encodeURIComponent).join("/")}`;
}
