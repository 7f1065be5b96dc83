/**
 * A stand-in for Meta's Conversions API that checks what its public reference asks for, and answers with its documented errors.
 * https://developers.facebook.com/docs/marketing-api/conversions-api/parameters/server-event
 * https://developers.facebook.com/docs/marketing-api/conversions-api/parameters/customer-information-parameters
 */
import { type Receiver, startReceiver } from "../forward/receiver";

export const META_TOKEN = "EAAB-token-of-meta";

interface MetaEvent {
  event_name: string;
  event_time: number;
  event_id: string;
  action_source: string;
  opt_out?: boolean;
  user_data: { fbc?: string; fbp?: string; ph?: string[] };
  custom_data: { value?: number; currency?: string; order_id?: string };
}

export interface Meta {
  receiver: Receiver;
  /** Events that counted: the first under each event_id. */
  counted: MetaEvent[];
  /** Events under a test_event_code. */
  tested: MetaEvent[];
  fail(status: number, error: object): void;
  stop(): Promise<void>;
}

export async function startMeta(now: () => number): Promise<Meta> {
  const receiver = await startReceiver();
  const failures: { status: number; error: object }[] = [];
  const meta: Meta = {
    receiver,
    counted: [],
    tested: [],
    fail: (status, error) => void failures.push({ status, error }),
    stop: () => receiver.stop(),
  };
  receiver.behave((request, response) => {
    const answer = (status: number, body: object) =>
      void response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
    const url = new URL(request.url, receiver.url);
    if (url.searchParams.get("access_token") !== META_TOKEN)
      return answer(400, { error: { message: "Invalid OAuth access token.", type: "OAuthException", code: 190 } });
    const failure = failures.shift();
    if (failure) return answer(failure.status, { error: failure.error });
    const { data, test_event_code } = JSON.parse(request.body);
    const fault = /^\/\d+\/events$/.test(url.pathname)
      ? data.map((event: MetaEvent) => faultOf(event, now())).find(Boolean)
      : "path";
    if (fault) {
      const error_user_title = "Server-side API parameter error";
      const error = { message: "Invalid parameter", type: "OAuthException", code: 100, error_subcode: 2804019 };
      return answer(400, { error: { ...error, is_transient: false, error_user_title, error_user_msg: fault } });
    }
    const list = test_event_code ? meta.tested : meta.counted;
    for (const event of data) {
      const isKnown = list.some(
        ({ event_id, event_name }) => event_id === event.event_id && event_name === event.event_name,
      );
      if (!isKnown) list.push(event);
    }
    answer(200, { events_received: data.length, messages: [], fbtrace_id: "A1" });
  });
  return meta;
}

function faultOf(
  { event_name, event_time, action_source, user_data, custom_data }: MetaEvent,
  now: number,
): string | null {
  if (!event_name) return "The parameter event_name is required.";
  if (!/^\d{10}$/.test(String(event_time))) return "event_time must be in seconds";
  if (now / 1_000 - event_time > 7 * 86_400) return "event_time is more than 7 days in the past";
  if (action_source !== "phone_call") return "action_source must be the call's";
  const { fbc, fbp, ph } = user_data;
  if (!fbc && !fbp && !ph) return "user_data has no customer information";
  if (fbc && !/^fb\.\d\.\d{13}\.[\w-]+$/.test(fbc)) return "fbc is not version.subdomainIndex.creationTime.fbclid";
  if (fbp && !/^fb\.\d\.\d{13}\.\d+$/.test(fbp)) return "fbp is not version.subdomainIndex.creationTime.random";
  if (ph?.some((hash) => !/^[0-9a-f]{64}$/.test(hash))) return "ph is not hashed";
  if (event_name === "Purchase" && !(custom_data.value !== undefined && custom_data.currency))
    return "Purchase needs value and currency";
  return null;
}
