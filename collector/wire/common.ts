/** Schemas that several messages share, and how their faults are told. */
import { z } from "zod";
import { CONTEXT_ID, isJunk } from "./ids";
import { SUMMARY_TYPES } from "./lists";
import { messageOf } from "./words";

z.config({ customError: messageOf });

/** Epoch milliseconds, as far as a JavaScript date reaches, because a visitor's clock may be years off. */
export const time = z.int().min(0).max(8.64e15).meta({ description: "epoch milliseconds" });

export const contextId = z
  .string()
  .regex(CONTEXT_ID, "must be 8–128 letters, digits, . _ : -")
  .refine((id) => !isJunk(id), "is a placeholder, not a visitor's id");

export const viewOrSessionId = z.string().regex(/^[A-Za-z0-9._:-]{1,64}$/, "must be 1–64 letters, digits, . _ : -");

/** ISO 4217. */
export const CURRENCIES: ReadonlySet<string> = new Set(Intl.supportedValuesOf("currency"));

export const summaryType = z.enum(SUMMARY_TYPES);
export type SummaryType = z.infer<typeof summaryType>;

/** One fault of a document: where it is (`entities.0.value`) and what is wrong. */
export interface Fault {
  path: string;
  message: string;
}

/**
 * Zod's issues as the contract's `errors`. If any of several forms would do, the form that matched furthest says what
 * is wrong.
 */
export function faults(error: z.ZodError): Fault[] {
  return error.issues
    .flatMap((issue) => innermost(issue))
    .map(({ path, message }) => ({ path: path.join("."), message }));
}

/** The same, on one line. `whole` names the document if the fault has no path. */
export function faultText(error: z.ZodError, whole: string): string {
  return faults(error)
    .map(({ path, message }) => `${path || whole}: ${message}`)
    .join("; ");
}

type Issue = Pick<z.core.$ZodIssue, "path" | "message">;

function innermost(issue: z.core.$ZodIssue): Issue[] {
  // The name of a record's entry is not allowed.
  if (issue.code === "invalid_key") return issue.issues.map(({ message }) => ({ path: issue.path, message }));
  if (issue.code !== "invalid_union") return [issue];
  const depth = (issues: Issue[]) => Math.max(...issues.map(({ path }) => path.length));
  const forms = issue.errors.map((form) => form.flatMap(innermost)).sort((a, b) => depth(b) - depth(a));
  const [furthest] = forms;
  // No form matched at all, so the union's own message says what it takes.
  if (!furthest || depth(furthest) === 0) return [issue];
  return furthest.map(({ path, message }) => ({ path: [...issue.path, ...path], message }));
}
