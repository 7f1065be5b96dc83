import type { Subject } from "./boot/inspect";

const { calljoin } = document.currentScript as unknown as { calljoin: Subject };
calljoin.show = () => console.table(calljoin.api.entities());
calljoin.show();
