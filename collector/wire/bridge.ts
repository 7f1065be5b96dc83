/** How the page hands the context_id to a vendor's own tag. */
import { z } from "zod";

/** The name of a cookie (RFC 6265: a token) or of a form field, without characters that either would have to escape. */
const plainName = z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/, "must be 1–64 letters, digits, _ . -");

export const bridgeSchema = z.discriminatedUnion("type", [
  z
    .strictObject({ type: z.literal("infinity"), name: z.string().min(1).max(64).default("context_id") })
    .meta({ description: "a custom variable of Infinity's tag" }),
  z.strictObject({ type: z.literal("cookie"), name: plainName }).meta({ description: "a first-party cookie" }),
  z
    .strictObject({ type: z.literal("field"), name: z.string().min(1).max(128) })
    .meta({ description: "the form fields with this name, also in forms that are added later" }),
  z
    .strictObject({
      type: z.literal("tel"),
      attribute: z.string().regex(/^data-[a-z0-9_.-]{1,59}$/, "must be an attribute name that starts with data-"),
    })
    .meta({ description: "an attribute of the page's tel: links" }),
]);
export type Bridge = z.infer<typeof bridgeSchema>;
