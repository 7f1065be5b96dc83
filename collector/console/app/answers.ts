/** The types of the routes' answers, taken from the code that makes them. They leave nothing in the browser's code. */
import type { z } from "zod";
import type { schemas } from "../../openapi/schemas";
import type { readCoverage } from "../../read/coverage";
import type { deliveryOf } from "../../read/deliveries";
import type { explain } from "../../read/explain";
import type { readVendors } from "../../read/vendors";

export type Answer<Name extends keyof typeof schemas> = z.output<(typeof schemas)[Name]>;
export type Delivery = Awaited<ReturnType<typeof deliveryOf>>;
export type Explain = Awaited<ReturnType<typeof explain>>;
export type Health = Awaited<ReturnType<typeof readCoverage>>[number];
export type Heard = Awaited<ReturnType<typeof readVendors>>[number];
