/** The entities that sites want most often, ready to put into a site document. */
import type { Entity } from "../wire/site";

export interface Preset {
  title: string;
  entity: Entity;
}

/** A campaign's parameter arrives with the first page of a visit. Session scope keeps it for the rest of the visit. */
function parameter(name: string): Preset {
  const value = `new URLSearchParams(location.search).get(${JSON.stringify(name)})`;
  return { title: `URL parameter ${name}`, entity: { name, type: "expression", scope: "session", value } };
}

/**
 * The part of a cookie that the first group of a regular expression matches. The cookie's `name` is a regular
 * expression, too.
 */
function cookie(entity: string, title: string, name: string, group: string, identifies?: string): Preset {
  const value = `document.cookie.match(/(?:^|; )${name}=${group}/)?.[1]`;
  return {
    title,
    entity: { name: entity, type: "expression", scope: "session", value, ...(identifies ? { identifies } : {}) },
  };
}

/** The newest value of a key in Google Tag Manager's `dataLayer`, a list of objects that pages push to. */
function dataLayer(key: string): Preset {
  const value = `window.dataLayer?.reduce((newest, each) => each?.${key} ?? newest, undefined)`;
  return { title: `GTM: ${key}`, entity: { name: `gtm_${key}`, type: "expression", scope: "session", value } };
}

/**
 * What the page's consent tool told Google's consent mode. The call
 * `gtag("consent", "update", {ad_user_data: "granted"})` pushes its arguments to `dataLayer`
 * (https://developers.google.com/tag-platform/security/guides/consent).
 */
function consent(name: string): Preset {
  const value = `window.dataLayer?.reduce((newest, each) => (each?.[0] === "consent" && each[2]?.${name}) || newest, undefined)`;
  return { title: `Consent: ${name}`, entity: { name, type: "expression", scope: "session", value } };
}

export const PRESETS: Preset[] = [
  cookie("ga_client_id", "Google Analytics client id", "_ga", "GA\\d\\.\\d\\.([\\d.]+)"),
  // GS1.1.1732262400.3.1… until 2025, GS2.1.s1732262400$o3$… since then.
  cookie("ga_session_id", "Google Analytics 4 session id", "_ga_\\w+", "GS\\d\\.\\d\\.s?(\\d+)"),
  ...["gclid", "gbraid", "wbraid", "fbclid", "msclkid"].map(parameter),
  // fb.1.1554763741205.1098115397 and fb.1.1554763741205.IwAR…: https://developers.facebook.com/docs/marketing-api/conversions-api/parameters/fbp-and-fbc
  cookie("_fbp", "Meta browser id", "_fbp", "(fb\\.[^;]+)"),
  cookie("_fbc", "Meta click id", "_fbc", "(fb\\.[^;]+)"),
  ...["ad_user_data", "ad_personalization"].map(consent),
  ...["user_id", "customer_type"].map(dataLayer),
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
  // 24 hexadecimal digits, the visitor_sid of CallTrackingMetrics' webhooks.
  cookie("ctm_visitor", "CallTrackingMetrics visitor", "__ctmid", "([0-9a-f]{24})", "calltrackingmetrics"),
  cookie("wc_visitor", "WhatConverts visitor", "wc_visitor", "([\\w-]+)", "whatconverts"),
  // JSON, escaped or not. The webhooks carry its session.invoca_id.
  cookie(
    "invoca_visitor",
    "Invoca visitor",
    "invoca_session",
    '[^;]*invoca_id(?:%22|%3A|%20|[":\\s])*(i-[\\w-]+)',
    "invoca",
  ),
];
