import type { InspectorScript } from "./boot/inspect";

const details = (document.currentScript as InspectorScript | null)?.calljoin;
if (details) console.table(details.api.entities());
