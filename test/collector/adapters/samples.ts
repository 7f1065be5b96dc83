import type { CallEvent } from "../../../collector/intake/adapters/adapter";

/** One call in a vendor's own format. All persons, numbers and names are made up. */
export interface Sample {
  /** What the vendor sends of the one call, in order. */
  phases: Record<string, unknown>[];
  /** What becomes of the last one. */
  expected: Partial<CallEvent>;
  contextField: string;
  /** Where the vendor's own id for the visitor is; null where it has none by default. */
  alias: string | null;
}

const T = Date.parse("2026-11-20T10:00:00Z");
const seconds = T / 1_000;
const call = { ts: T, ts_unit: "s" } as const;

const callrail = {
  resource_id: "CAL0123456789abcdef0123456789abcdef",
  answered: "false",
  call_type: "missed",
  duration: "0",
  start_time: "2026-11-20T10:00:00.250Z",
  datetime: "2026-11-20 10:00:00",
  source_name: "Google Ads",
  landing_page_url: "",
  value: "",
  custom: "",
  timestamp: "2026-11-20T10:00:01Z",
};
const callrailEnded = {
  ...callrail,
  answered: "true",
  duration: "125",
  landing_page_url: "https://shop.example/",
  last_requested_url: "https://shop.example/p/9",
};

const whatconverts = {
  trigger: "new",
  lead_id: 153_000,
  lead_type: "Phone Call",
  date_created: "2026-11-20T10:00:00Z",
  sales_value: null,
  quote_value: null,
  lead_url: "https://shop.example/p/9",
  landing_url: "https://shop.example/",
  lead_source: "google",
  additional_fields: { context_id: "" },
};

const aircall = {
  resource: "call",
  event: "call.created",
  timestamp: seconds + 1,
  token: "made-up",
  data: { id: 812, direct_link: "https://api.aircall.example/v1/calls/812", status: "initial", started_at: seconds },
};

const twilio = {
  CallSid: "CA00000000000000000000000000000001",
  AccountSid: "AC00000000000000000000000000000001",
  From: "+15005550006",
  To: "+15005550001",
  CallStatus: "ringing",
  Timestamp: "Fri, 20 Nov 2026 10:00:00 +0000",
  SequenceNumber: "0",
};

export const SAMPLES: Record<string, Sample> = {
  infinity: {
    phases: [
      { callRef: "900100", dt: "2026-11-20 10:00:00", href: "https://shop.example/p/9", callDuration: "", vid: "" },
      {
        callRef: "900100",
        dt: "2026-11-20 10:00:00",
        href: "https://shop.example/p/9",
        callDuration: "62",
        total: "9.99",
        currency: "gbp",
        ch: "PPC",
      },
    ],
    expected: {
      ...call,
      transaction_id: "900100",
      url: "https://shop.example/p/9",
      source: "PPC",
      total: { value: 9.99, currency: "GBP" },
    },
    contextField: "context_id",
    alias: "vid",
  },
  responsetap: {
    phases: [
      { call_id: "rt-77", start_time: "2026-11-20T10:00:00Z", duration: "0" },
      {
        call_id: "rt-77",
        start_time: "2026-11-20T10:00:00Z",
        duration: "90",
        url: "https://shop.example/",
        total: "20",
      },
    ],
    expected: { ...call, transaction_id: "rt-77", url: "https://shop.example/", total: { value: 20, currency: null } },
    contextField: "context_id",
    alias: "visitor_id",
  },
  callrail: {
    phases: [
      callrail,
      { ...callrailEnded, timestamp: "2026-11-20T10:02:10Z" },
      // The recording came, and somebody wrote down what the call was worth.
      { ...callrailEnded, timestamp: "2026-11-20T10:22:30Z", recording: "https://rec.example/1", value: "$1,250.00" },
    ],
    expected: {
      ts: T + 250,
      ts_unit: "ms",
      transaction_id: "CAL0123456789abcdef0123456789abcdef",
      url: "https://shop.example/p/9",
      source: "Google Ads",
      total: { value: 1_250, currency: null },
    },
    contextField: "custom",
    alias: null,
  },
  twilio: {
    phases: [
      twilio,
      { ...twilio, CallStatus: "in-progress", Timestamp: "Fri, 20 Nov 2026 10:00:09 +0000", SequenceNumber: "1" },
      {
        ...twilio,
        CallStatus: "completed",
        Timestamp: "Fri, 20 Nov 2026 10:02:00 +0000",
        SequenceNumber: "2",
        CallDuration: "111",
      },
    ],
    expected: { ts: T + 120_000, ts_unit: "s", transaction_id: "CA00000000000000000000000000000001", revision: 2 },
    contextField: "context_id",
    alias: null,
  },
  invoca: {
    phases: [
      { call_record_id: "7A7A-0001", transaction_id: "00000000-0001", start_time_utc: T, duration: "" },
      {
        call_record_id: "7A7A-0001",
        transaction_id: "00000000-0002",
        start_time_utc: String(T),
        start_time_local: "2026-11-20 02:00:00",
        duration: "40",
        calling_page: "https://shop.example/p/9",
        utm_source: "bing",
        sale_amount: "35.5",
        sale_currency: "USD",
      },
    ],
    expected: {
      ts: T,
      ts_unit: "ms",
      transaction_id: "7A7A-0001",
      url: "https://shop.example/p/9",
      source: "bing",
      total: { value: 35.5, currency: "USD" },
    },
    contextField: "context_id",
    alias: "invoca_id",
  },
  calltrackingmetrics: {
    phases: [
      { id: 5_550_001, sid: "CA01", unix_time: seconds, called_at: "2026-11-20 11:00 AM +01:00", duration: "0" },
      {
        id: 5_550_001,
        sid: "CA01",
        unix_time: String(seconds),
        called_at: "2026-11-20 11:00 AM +01:00",
        duration: "75",
        last_location: "https://shop.example/p/9",
        location: "https://shop.example/",
        source: "Google Organic",
        sale: { value: "88.00", currency: "EUR" },
      },
    ],
    expected: {
      ...call,
      transaction_id: "5550001",
      url: "https://shop.example/p/9",
      source: "Google Organic",
      total: { value: 88, currency: "EUR" },
    },
    contextField: "custom_fields.context_id",
    alias: "visitor",
  },
  whatconverts: {
    phases: [
      whatconverts,
      { ...whatconverts, trigger: "update", last_updated: "2026-11-20T10:20:00Z", quote_value: "70" },
      {
        ...whatconverts,
        trigger: "update",
        last_updated: "2026-11-21T09:00:00Z",
        quote_value: "70",
        sales_value: 65.5,
      },
    ],
    expected: {
      ...call,
      transaction_id: "153000",
      url: "https://shop.example/p/9",
      source: "google",
      total: { value: 65.5, currency: null },
    },
    contextField: "additional_fields.context_id",
    alias: "user_id",
  },
  ringostat: {
    phases: [
      { uniqueid: "r-1", calldate: "2026-11-20 10:00:00", billsec: "0" },
      {
        uniqueid: "r-1",
        calldate: "2026-11-20 10:00:00",
        billsec: "33",
        page: "https://shop.example/p/9",
        utm_source: "newsletter",
      },
    ],
    expected: { ...call, transaction_id: "r-1", url: "https://shop.example/p/9", source: "newsletter", total: null },
    contextField: "context_id",
    alias: "client_id",
  },
  aircall: {
    phases: [
      aircall,
      { ...aircall, event: "call.ended", timestamp: seconds + 95, data: { ...aircall.data, duration: 90 } },
    ],
    expected: { ...call, transaction_id: "812", revision: 95, total: null },
    contextField: "data.context_id",
    alias: null,
  },
};
