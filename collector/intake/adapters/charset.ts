/** Bodies that are not UTF-8: older programs write the charset of their country, and Windows' own UTF-16. */
import { isUtf8 } from "node:buffer";

/** What of bytes makes UTF-8. What is UTF-8 already stays, whatever is said of it: some call everything ISO-8859-1. */
export type ToUtf8 = (bytes: Buffer) => Buffer;

/**
 * By the charset that a body begins with (its mark), or its type names, or its XML declaration (RFC 7303, 3.3); bytes of a charset that nobody
 * names, or knows, stay.
 */
export function toUtf8({ contentType, raw }: { contentType: string; raw: Buffer }): ToUtf8 {
  const [, named] =
    /charset="?([\w-]+)/i.exec(contentType) ??
    /^<\?xml[^>]*encoding=["']([\w-]+)/.exec(raw.toString("latin1", 0, 100)) ??
    [];
  const charset = { fffe: "utf-16le", feff: "utf-16be" }[raw.toString("hex", 0, 2)] ?? named;
  return (bytes) => (isUtf8(bytes) ? bytes : (decoded(bytes, charset) ?? bytes));
}

function decoded(bytes: Buffer, charset: string | undefined): Buffer | null {
  try {
    return charset === undefined ? null : Buffer.from(new TextDecoder(charset).decode(bytes));
  } catch {
    return null;
  }
}

/** A form whose escapes (`%E9`) are UTF-8's: its own are of its charset, as browsers and PHP write them (WHATWG URL, 5.2). */
export function escapedInUtf8(form: string, utf8: ToUtf8): string {
  return form.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    const bytes = Buffer.from(run.replaceAll("%", ""), "hex");
    const found = utf8(bytes);
    return found === bytes ? run : encodeURIComponent(found.toString());
  });
}
