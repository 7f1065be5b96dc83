import { start } from "./boot/start";
import { isFramed, loadedAddresses, scriptElement, warn } from "./browser/page";
import { safe } from "./browser/safe";
import type { SiteSetup } from "./setup";

/**
 * What the insertion script calls with the site's setup. The collector is where the site's script was loaded from, else where its operator
 * says that it is. Never where the script is from that the tag may be a part of: that is the shop's.
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
