import { start } from "./boot/start";
import { isFramed, loadedAddresses, scriptElement, warn } from "./browser/page";
import { safe } from "./browser/safe";
import type { SiteSetup } from "./setup";

/**
 * The insertion script calls this with the site's setup. The collector's address is the one that the site's script was
 * loaded from. If the page does not tell, it is the one that the operator has set. It is never the address of a bigger
 * script that the tag may be part of, because that script belongs to the shop.
 */
export default safe((setup: SiteSetup) => {
  const element = scriptElement();
  if (isFramed() && !element?.hasAttribute("data-frames")) return;
  const file = `/t/${setup.site}.js`;
  const [address] = [`${element?.src}`, ...loadedAddresses()].filter((any) => any.split(/[?#]/)[0]?.endsWith(file));
  const collector = address ? address.split(file)[0] : setup.collector;
  if (collector === undefined) warn("calljoin: no collector, set CALLJOIN_PUBLIC_URL");
  else start({ ...setup, collector });
});
