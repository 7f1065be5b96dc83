import { setup } from "../setup";

/** The visitor's consent; see sdk/README.md for how it changes. */
export let consent: "granted" | "pending" | "denied";

/** What waits in memory while consent is pending. */
const held: (() => void)[] = [];

/** Global Privacy Control is denial, and stays so whatever the page says, unless the site document has it ignored. */
const isRefused = () => setup.gpc && (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl;

/** Where consent is required it is asked for on every load: the site's consent tool remembers it, not we. */
export const startConsent = (): void => {
  consent = isRefused() ? "denied" : setup.consent === "required" ? "pending" : "granted";
};

/** Runs what needs the browser's storage or the network: now, when consent comes, or never. */
export const pass = (action: () => void): void => {
  if (consent === "granted") action();
  else if (consent === "pending") held.push(action);
};

export const setConsent = (answer: "granted" | "denied"): void => {
  if (isRefused()) return;
  consent = answer;
  held.splice(0).forEach(pass);
};
