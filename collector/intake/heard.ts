/** Reads a request in a vendor's own format, in the same way whether it is to be stored or only tried. */
import { Problem } from "../http/problem";
import type { Mapping } from "../wire/mapping";
import { payloadsOf, type VendorRequest, withoutSecret } from "./adapters/body";
import type { Refusal } from "./adapters/event";
import { isSigned } from "./adapters/signature";
import type { Payload } from "./adapters/values";
import { refusalOfRecording } from "./admit";

export interface Heard {
  /** Its call events, without the secret that the request was checked by. */
  events: Payload[];
  /** Why its body cannot be read. */
  problem: Problem | null;
  /** Whether the signature is right. Null if the vendor shares no secret with the site. */
  signed: boolean | null;
  /** Why all of its events are to be refused. */
  refusal: Refusal | null;
}

/** `urls` are those that the vendor may have signed. `secrets` are those that it shares with the site. */
export async function hear(
  asked: VendorRequest,
  mapping: Mapping,
  { secrets, urls, now }: { secrets: string[]; urls: string[]; now: number },
): Promise<Heard> {
  const { payloads, problem } = await readBody(asked, mapping);
  const { signature } = mapping;
  const heard = { events: payloads, problem, signed: null, refusal: null };
  if (!signature) return heard;
  const request = { ...asked, urls, payload: payloads[0] ?? {} };
  const checked = secrets.length > 0 && {
    signed: isSigned(signature, request, secrets),
    refusal: refusalOfRecording(signature, request, now),
  };
  const isSaid = signature.algorithm === "secret";
  const events = isSaid ? payloads.map((one) => withoutSecret(one, signature.from)) : payloads;
  return { ...heard, ...checked, events };
}

async function readBody(
  asked: VendorRequest,
  mapping: Mapping,
): Promise<{ payloads: Payload[]; problem: Problem | null }> {
  try {
    return { payloads: await payloadsOf(asked, mapping), problem: null };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { payloads: [], problem: error };
  }
}
