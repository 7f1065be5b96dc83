/** Which advertisement was pressed: what the platforms put into the landing page's address, or their tags into cookies. */
import type { Webhook } from "./site";

/** The names of the entities, and of the platforms' own parameters and cookies. */
export const CLICK_IDS = ["gclid", "gbraid", "wbraid", "msclkid", "fbclid", "_fbc", "_fbp"] as const;
export type ClickId = (typeof CLICK_IDS)[number];

/** What a page has said of Google's consent mode, in entities of these names. */
export const CONSENTS = ["ad_user_data", "ad_personalization"] as const;

/** What an advertising platform's `parameters` may name, where the site's entities have other names. */
export const AD_PARAMETERS: readonly string[] = [...CLICK_IDS, ...CONSENTS];

/** Each platform's. What a visit has of one platform says nothing of another's. `_fbp` is a browser's, and no click's. */
export const PLATFORMS: Record<"google" | "microsoft" | "meta", readonly ClickId[]> = {
  google: ["gclid", "gbraid", "wbraid"],
  microsoft: ["msclkid"],
  meta: ["_fbc", "fbclid"],
};

/** Where a destination finds a field: in the entity of its name, unless its parameters say otherwise. */
export function sourceOf({ parameters }: Pick<Webhook, "parameters">, name: string): string {
  return parameters.find((parameter) => parameter.name === name)?.value ?? `entities.${name}`;
}

/** The entity that a field's place is; null where it is none. */
export function entityAt(place: string): string | null {
  const [, entity = null] = /^entities\.(.+)$/.exec(place) ?? [];
  return entity;
}
