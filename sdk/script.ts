import { start } from "./boot/start";
import { random } from "./browser/random";
import { safe } from "./browser/safe";
import type { SiteSetup } from "./setup";

/** What the insertion script calls with the site's setup. A browser that lacks what we need is left alone, silently. */
export default safe((setup: SiteSetup) => {
  random(1); // throws without crypto, before anything of the page has been touched
  start(setup, (document.currentScript as HTMLScriptElement).src);
});
