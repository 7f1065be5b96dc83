/**
 * Which advertisement the visitor clicked: what platforms put into the landing page's address, or their tags into
 * cookies.
 */
import type { Webhook } from "./site";

/** The names of the entities, and also of the platforms' own parameters and cookies. */
export const CLICK_IDS = ["gclid", "gbraid", "wbraid", "msclkid", "fbclid", "_fbc", "_fbp"] as const;
export type ClickId = (typeof CLICK_IDS)[number];

/** What a page said about Google's consent mode, in entities with these names. */
export const CONSENTS = ["ad_user_data", "ad_personalization"] as const;

/** What an advertising platform's `parameters` may name, if the site's entities have other names. */
export const AD_PARAMETERS: readonly string[] = [...CLICK_IDS, ...CONSENTS];

/**
 * The click ids of each platform. What a visit has of one platform says nothing about another. `_fbp` belongs to a
 * browser, not to a click.
 */
export const PLATFORMS: Record<"google" | "microsoft" | "meta", readonly ClickId[]> = {
  google: ["gclid", "gbraid", "wbraid"],
  microsoft: ["msclkid"],
  meta: ["_fbc", "fbclid"],
};

/** Where a destination finds a field: in the entity with the same name, unless its parameters say otherwise. */
export function sourceOf({ parameters }: Pick<Webhook, "parameters">, name: string): string {
  return parameters.find((parameter) => parameter.name === name)?.value ?? `entities.${name}`;
}

/** The entity that a field's place names, or null if it names none. */
export function entityAt(place: string): string | null {
  const [, entity = null] = /^entities\.(.+)$/.exec(place) ?? [];
  return entity;
}
