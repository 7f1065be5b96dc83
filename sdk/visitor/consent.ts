import { hasPrivacyControl } from "../browser/page";
import { setup } from "../setup";

/** The visitor's consent; see sdk/README.md for how it changes. */
export let consent: "granted" | "pending" | "denied";

/** Global Privacy Control is denial, and stays so whatever the page says, unless the site document has it ignored. */
export const isRefused = (): boolean => setup.gpc && !!hasPrivacyControl();

/** What the visitor has answered, or the site's document has for them. What they have refused for all sites is looked for in `view/life.ts`. */
export const setConsent = (answer: typeof consent): void => {
  consent = answer;
};
