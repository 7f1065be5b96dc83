import type { Subject } from "./boot/inspect";

/** Shows identity, consent, queue and entities in the console. */
export const show = ({ api }: Subject): void => {
  console.table(api.entities());
};
