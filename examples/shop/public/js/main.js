import { showBasket } from "./basket-page.js";
import { startPanel } from "./panel.js";
import { startRange } from "./range.js";

// Many shops call this a data layer. The entity `product_sku` reads `pageData.sku`.
window.pageData = { page: document.body.dataset.page };

const count = () => {
  document.getElementById("basket-count").textContent = basket.count;
};
count();
document.addEventListener("basket", count);
// All tabs share one basket.
addEventListener("storage", (event) => {
  if (event.key === basket.key) document.dispatchEvent(new Event("basket"));
});

if (document.body.dataset.page === "range") startRange(document.getElementById("range"));
if (document.body.dataset.page === "basket") showBasket(document.getElementById("basket"));
startPanel();
