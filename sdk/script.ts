import { start } from "./boot/start";
import { safe } from "./browser/safe";
import type { SiteSetup } from "./entity/setup";

/** What the insertion script calls with the site's setup. Where it cannot work it leaves the page alone, silently. */
export default safe((setup: SiteSetup) => {
  // Throws in a browser that lacks one of these, before anything of the page has been touched.
  new TextEncoder().encodeInto;
  start(setup, (document.currentScript as HTMLScriptElement).src);
});
