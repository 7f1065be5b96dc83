/** What sites most often want as entities, ready to be put into a site document. */
import type { Entity } from "../wire/site";

export interface Preset {
  title: string;
  entity: Entity;
}

/** A campaign's parameter comes with the first page of a visit; session scope keeps it for the rest of it. */
function parameter(name: string): Preset {
  const value = `new URLSearchParams(location.search).get(${JSON.stringify(name)})`;
  return { title: `URL parameter ${name}`, entity: { name, type: "expression", scope: "session", value } };
}

/** The part of a cookie that a regular expression's first group takes, the cookie's name being `name` (a regular expression, too). */
function cookie(entity: string, title: string, name: string, group: string, identifies?: string): Preset {
  const value = `document.cookie.match(/(?:^|; )${name}=${group}/)?.[1]`;
  return {
    title,
    entity: { name: entity, type: "expression", scope: "session", value, ...(identifies ? { identifies } : {}) },
  };
}

export const PRESETS: Preset[] = [
  cookie("ga_client_id", "Google Analytics client id", "_ga", "GA\\d\\.\\d\\.([\\d.]+)"),
  // GS1.1.1732262400.3.1… until 2025, GS2.1.s1732262400$o3$… since.
  cookie("ga_session_id", "Google Analytics 4 session id", "_ga_\\w+", "GS\\d\\.\\d\\.s?(\\d+)"),
  ...["gclid", "gbraid", "wbraid", "fbclid", "msclkid"].map(parameter),
  ...["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"].map(parameter),
  {
    title: "ResponseTap visitor",
    entity: {
      name: "responsetap_visitor",
      type: "expression",
      scope: "session",
      value: "window.rTap?.visitorId",
      identifies: "responsetap",
    },
  },
  cookie("callrail_visitor", "CallRail visitor", "calltrk_session_id(?:_\\d+)?", "([\\w-]+)", "callrail"),
];
