import { z } from "zod";
import { CONTEXT_ID, isJunk } from "./ids";

/** Epoch milliseconds, as far as a JavaScript date reaches: a visitor's clock may be years off. */
export const time = z.int().min(0).max(8.64e15).meta({ description: "epoch milliseconds" });

export const contextId = z
  .string()
  .regex(CONTEXT_ID, "must be 8 to 128 characters of A-Z a-z 0-9 . _ : -")
  .refine((id) => !isJunk(id), "is a placeholder, not an id");

export const viewOrSessionId = z
  .string()
  .regex(/^[A-Za-z0-9._:-]{1,64}$/, "must be 1 to 64 characters of A-Z a-z 0-9 . _ : -");

/** ISO 4217. */
export const CURRENCIES: ReadonlySet<string> = new Set(Intl.supportedValuesOf("currency"));

export const SUMMARY_TYPES = [
  "ecBasketTransactionSummary",
  "trPackageTransactionSummary",
  "fiBasketTransactionSummary",
] as const;
export const summaryType = z.enum(SUMMARY_TYPES);
export type SummaryType = z.infer<typeof summaryType>;

/** One fault of a document: where (`entities.0.value`) and what. */
export interface Fault {
  path: string;
  message: string;
}

/** Zod's issues as the contract's `errors`. */
export function faults(error: z.ZodError): Fault[] {
  return error.issues.map((issue) => ({ path: issue.path.join("."), message: issue.message }));
}
