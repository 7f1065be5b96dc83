/** What whoever runs the collector wants to see of the store; it costs the same however much is stored. */
import { type Kysely, sql } from "kysely";
import type { Engine } from "./engine";
import type { DeliveryRow, Tables } from "./tables";

export interface Figures {
  /** Bytes that the store takes on its disk: of the file and its log, or of the database. */
  storeBytes(): Promise<number>;
  /** A site's deliveries in a state; counted no further than `most`. */
  countDeliveries(site: string, state: DeliveryRow["state"], most: number): Promise<number>;
}

export function figureStore(db: Kysely<Tables>, engine: Engine): Figures {
  return {
    storeBytes: () => engine.bytes(db),

    async countDeliveries(site, state, most) {
      const some = db
        .selectFrom("deliveries")
        .select("id")
        .where("site", "=", site)
        // As a literal: an index of one state alone will do.
        .where("state", "=", sql.lit(state))
        .limit(most)
        .as("some");
      const counted = db.selectFrom(some).select((eb) => eb.fn.countAll<number>().as("deliveries"));
      return (await counted.executeTakeFirstOrThrow()).deliveries;
    },
  };
}
