/**
 * Bridges: how the site's script hands the visitor's context_id to a vendor's own tag, so that the vendor's call events
 * carry it. They are compiled into the setup of the sites that name them, and cost other sites nothing.
 */
import type { Bridge } from "../wire/bridge";
import { quote } from "./quote";

const MAX_AGE_S = 34_128_000; // 395 days, as the SDK's own cookie

/**
 * A bridge as JavaScript: a function that the SDK calls with the context_id at each view. Text that users wrote appears
 * in it only as JSON strings.
 */
export function compileBridge(bridge: Bridge): string {
  switch (bridge.type) {
    case "infinity":
      // The queue may exist before the tag; the tag's own snippet does the same.
      return `function(id){(window._ictt=window._ictt||[]).push(["_setCustomVar",[${quote(bridge.name)},id]])}`;
    case "cookie":
      return `function(id){document.cookie=${quote(`${bridge.name}=`)}+id+"; path=/; max-age=${MAX_AGE_S}; samesite=lax"+(location.protocol=="https:"?"; secure":"")}`;
    case "field":
      return wherever(`document.getElementsByName(${quote(bridge.name)})`, `"value"in e&&(e.value=id)`);
    case "tel":
      return wherever(
        `document.querySelectorAll('a[href^="tel:" i]')`,
        `e.setAttribute(${quote(bridge.attribute)},id)`,
      );
  }
}

/**
 * Does something to all elements of a list at each view, and again just before they can be used. Before somebody sends
 * a form or presses a link, they press or focus something, and elements may have been added since.
 */
function wherever(list: string, action: string): string {
  const now = `function now(){[].forEach.call(${list},function(e){${action}})}`;
  const watch = `["pointerdown","focusin","submit","click"].forEach(function(t){addEventListener(t,now,true)})`;
  return `(function(){var id,on;${now}return function(x){id=x;now();on||(on=1,${watch})}})()`;
}
