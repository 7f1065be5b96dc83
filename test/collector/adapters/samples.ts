import type { CallEvent } from "../../../collector/intake/adapters/event";

/** One call in a vendor's own format. All persons, numbers and names are made up. */
export interface Sample {
  /** Where the shape of these payloads is from; what it is not sure of is called unverified. */
  source: string;
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
const page = "https://shop.example/p/9";

const callrail = {
  answered: false,
  business_phone_number: "+14045550100",
  call_type: "missed",
  company_time_zone: "America/New_York",
  created_at: "2026-11-20T05:00:05.000-05:00",
  customer_name: "Ada Sample",
  customer_phone_number: "+14045550123",
  direction: "inbound",
  duration: "0",
  recording: "",
  source_name: "Google Ads",
  start_time: "2026-11-20T05:00:00.250-05:00",
  tracking_phone_number: "+14045550199",
  value: "",
  landing_page_url: "",
  last_requested_url: "",
  custom: "",
  callernum: "+14045550123",
  datetime: "2026-11-20 10:00:00",
  trackingnum: "+14045550199",
  timestamp: "2026-11-20T05:00:00.250-05:00",
  resource_id: "CAL0123456789abcdef0123456789abcdef",
};
const callrailEnded = {
  ...callrail,
  answered: true,
  call_type: "first_call",
  duration: "125",
  landing_page_url: "https://shop.example/",
  last_requested_url: page,
};

const whatconverts = {
  trigger: "new",
  lead_id: 153_000,
  user_id: "",
  lead_type: "Phone Call",
  lead_status: "Unique",
  last_updated: "2026-11-20T10:00:00Z",
  date_created: "2026-11-20T10:00:00Z",
  quote_value: null,
  sales_value: null,
  lead_state: "In Progress",
  lead_url: page,
  landing_url: "https://shop.example/",
  call_status: "In Progress",
  tracking_number: "+17045550199",
  caller_number: "+17045550123",
  lead_source: "google",
};

const aircall = {
  resource: "call",
  event: "call.created",
  timestamp: seconds + 1,
  token: "made-up",
  data: {
    id: 812,
    direct_link: "https://api.aircall.example/v1/calls/812",
    direction: "inbound",
    status: "initial",
    started_at: seconds,
    answered_at: null,
    ended_at: null,
    raw_digits: "+1 202-555-0123",
    number: { id: 1, name: "Shop line", digits: "+1 202-555-0199" },
    tags: [],
  },
};

const twilio = {
  AccountSid: "AC00000000000000000000000000000001",
  ApiVersion: "2010-04-01",
  CallSid: "CA00000000000000000000000000000001",
  CallStatus: "ringing",
  Called: "+15005550001",
  Caller: "+15005550006",
  Direction: "inbound",
  From: "+15005550006",
  To: "+15005550001",
  Timestamp: "Fri, 20 Nov 2026 10:00:00 +0000",
  CallbackSource: "call-progress-events",
  SequenceNumber: "0",
};
const twilioExpected = {
  ts_unit: "s",
  transaction_id: "CA00000000000000000000000000000001",
  answered: true,
  duration_s: 111,
  dialled: "+15005550001",
} as const;

const invoca = {
  complete_call_id: "7A7A-0001",
  transaction_id: "00000000-0001",
  transaction_type: "Call",
  start_time_utc: T,
  start_time_local: "2026-11-20 02:00:00 -08:00",
  duration: "40",
  connect_duration: "31",
  calling_phone_number: "202-555-0123",
  destination_phone_number: "202-555-0199",
  call_source_description: "Paid search",
};

const ctm = {
  id: 5_550_001,
  sid: "CA5550001",
  account_id: 1,
  name: "Ada Sample",
  location: "https://shop.example/",
  source: "Direct",
  duration: null,
  direction: "inbound",
  called_at: "2026-11-20 05:00 AM -05:00",
  unix_time: seconds,
  tracking_number: "+12025550199",
  caller_number: "+12025550123",
  dial_status: "ringing",
  visitor: true,
};

const telnyx = (event_type: string, second: number, more: object = {}) => ({
  data: {
    record_type: "event",
    event_type,
    id: "0ccc7b54-4df3-4bca-a65a-3da1ecc777f0",
    occurred_at: new Date(T + second * 1_000).toISOString().replace("Z", "521Z"),
    payload: {
      call_control_id: "v3:made-up",
      call_leg_id: "428c31b6-0000-4000-8000-000000000001",
      call_session_id: "428c31b6-0000-4000-8000-000000000002",
      direction: "incoming",
      from: "+12025550123",
      to: "+12025550199",
      start_time: "2026-11-20T10:00:00.000000Z",
      ...more,
    },
  },
});

const vonage = {
  from: "12025550123",
  to: "12025550199",
  uuid: "0779a56d002f1c7f47f82ef5fe84ab79",
  conversation_uuid: "CON-00000000-0000-4000-8000-000000000001",
  status: "ringing",
  direction: "inbound",
  timestamp: "2026-11-20T10:00:00.000Z",
};

const binotel = (more: object) => ({
  requestType: "apiCallCompleted",
  attemptsCounter: "1",
  callDetails: {
    companyID: "1",
    generalCallID: "612107649",
    callID: "612107649",
    startTime: String(seconds),
    callType: "0",
    externalNumber: "0672555123",
    billsec: "0",
    disposition: "NOANSWER",
    didNumber: "0672555199",
    ...more,
  },
});

const marchex = (Action: string, more: object = {}) => ({
  Id: "3071d2dae4b24d619afad2eddcd05e7b",
  Attempt: 1,
  Properties: { CollectionType: "CallDetails", UTC: "2026-11-20T10:10:03.252", Organization: "1" },
  Notifications: [
    {
      Action,
      TelmetricsId: 2_079_571_437,
      CalledNumber: "2025550199",
      StartTime: "11/20/2026 5:00:00 AM",
      MonitorStartTime: "11/20/2026 10:00:00 AM",
      AnswerStatus: "Answered",
      ...more,
    },
  ],
});

export const SAMPLES: Record<string, Sample> = {
  infinity: {
    source: "infinitycloud.com/knowledge-base/article/call-out-url, kb.infinity.co/service/api/event_calls.html",
    phases: [
      {
        callRef: "900100",
        dt: "2026-11-20 10:00:00",
        href: page,
        callDuration: "",
        vid: "",
        srcPhoneNumber: "02079460018",
      },
      {
        callRef: "900100",
        dt: "2026-11-20 10:00:00",
        href: page,
        srcPhoneNumber: "02079460018",
        dialledPhoneNumber: "02079460099",
        callDuration: "62",
        bridgeDuration: "50",
        total: "9.99",
        currency: "gbp",
        ch: "PPC",
      },
    ],
    expected: {
      ...call,
      transaction_id: "900100",
      url: page,
      source: "PPC",
      total: { value: 9.99, currency: "GBP" },
      duration_s: 62,
      answered: true,
      dialled: "+442079460099",
    },
    contextField: "context_id",
    alias: "vid",
  },
  responsetap: {
    source: "unverified: no public reference; the names that docs/vendors.md asks for",
    phases: [
      { call_id: "rt-77", start_time: "2026-11-20T10:00:00Z", duration: "0" },
      { call_id: "rt-77", start_time: "2026-11-20T10:00:00Z", duration: "90", url: page, total: "20" },
    ],
    expected: { ...call, transaction_id: "rt-77", url: page, total: { value: 20, currency: null }, duration_s: 90 },
    contextField: "context_id",
    alias: "visitor_id",
  },
  callrail: {
    source: "apidocs.callrail.com, Validating Payloads; support.callrail.com/hc/en-us/articles/5711246459149",
    phases: [callrail, callrailEnded, { ...callrailEnded, recording: "https://rec.example/1", value: "$1,250.00" }],
    expected: {
      ts: T + 250,
      ts_unit: "ms",
      transaction_id: "CAL0123456789abcdef0123456789abcdef",
      url: page,
      source: "Google Ads",
      total: { value: 1_250, currency: null },
      duration_s: 125,
      answered: true,
      dialled: "+14045550199",
    },
    contextField: "custom",
    alias: null,
  },
  twilio: {
    source: "twilio.com/docs/voice, status callback parameters; captured callbacks of inbound calls",
    phases: [
      twilio,
      { ...twilio, CallStatus: "in-progress", Timestamp: "Fri, 20 Nov 2026 10:00:09 +0000", SequenceNumber: "1" },
      {
        ...twilio,
        CallStatus: "completed",
        Timestamp: "Fri, 20 Nov 2026 10:02:01 +0000",
        SequenceNumber: "2",
        CallDuration: "111",
      },
    ],
    expected: { ...twilioExpected, ts: T + 10_000, revision: 2 },
    contextField: "context_id",
    alias: null,
  },
  signalwire: {
    source:
      "developer.signalwire.com/compatibility-api/guides/signalwire-status-callbacks/inbound-calls-status-callbacks",
    phases: [{ ...twilio, CallStatus: "completed", CallDuration: "111", AudioInMos: "4.5" }],
    expected: { ...twilioExpected, ts: T },
    contextField: "context_id",
    alias: null,
  },
  invoca: {
    source: "Invoca/developer-docs, transactions_api/_advertiser_param_table.rst and signal_api",
    phases: [
      invoca,
      {
        ...invoca,
        transaction_id: "00000000-0002",
        transaction_type: "Sale",
        signal_occurred_at: T + 600_000,
        sale_amount: "35.5",
      },
      {
        ...invoca,
        transaction_id: "00000000-0003",
        corrected_at: "2026-11-23T10:00:00Z",
        calling_page: page,
        utm_source: "bing",
        sale_amount: "30.00",
        sale_currency: "USD",
      },
    ],
    expected: {
      ts: T,
      ts_unit: "ms",
      transaction_id: "7A7A-0001",
      url: page,
      source: "bing",
      total: { value: 30, currency: "USD" },
      duration_s: 40,
      answered: true,
      dialled: "+12025550199",
    },
    contextField: "context_id",
    alias: "invoca_id",
  },
  calltrackingmetrics: {
    source: "MeltanoLabs/tap-calltrackingmetrics schemas/call.json; calltracking/ctm-csharp",
    phases: [
      ctm,
      {
        ...ctm,
        unix_time: String(seconds),
        duration: "75",
        dial_status: "answered",
        last_location: page,
        source: "Google Organic",
        sale: { value: "88.00", currency: "EUR" },
      },
    ],
    expected: {
      ...call,
      transaction_id: "5550001",
      url: page,
      source: "Google Organic",
      total: { value: 88, currency: "EUR" },
      duration_s: 75,
      answered: true,
      dialled: "+12025550199",
    },
    contextField: "custom_fields.context_id",
    alias: "visitor_sid",
  },
  whatconverts: {
    source: "whatconverts.com/help, receive phone call in progress data with webhooks",
    phases: [
      whatconverts,
      { ...whatconverts, trigger: "update", last_updated: "2026-11-20T10:20:00Z", quote_value: "70" },
      {
        ...whatconverts,
        trigger: "update",
        last_updated: "2026-11-21T09:00:00Z",
        call_status: "Answered",
        call_duration: "00:02:05",
        quote_value: "70",
        sales_value: 65.5,
      },
    ],
    expected: {
      ...call,
      transaction_id: "153000",
      url: page,
      source: "google",
      total: { value: 65.5, currency: null },
      duration_s: 125,
      answered: true,
      dialled: "+17045550199",
    },
    contextField: "additional_fields.context_id",
    alias: "user_id",
  },
  ringostat: {
    source: "two public receivers of Webhooks 2.0; help.ringostat.com/en/articles/6313229",
    phases: [
      { uniqueid: "ua1-1700000000.1", calldate: "2026-11-20 10:00:00", billsec: "0" },
      {
        uniqueid: "ua1-1700000000.1",
        calldate: "20.11.2026 10:00:00",
        additional_call_data: {
          userfield: "380445550123",
          dst: "380445550199",
          call_type: "in",
          disposition: "ANSWERED",
          billsec: "33",
          landing: page,
          utm_source: "newsletter",
        },
      },
    ],
    expected: {
      ...call,
      transaction_id: "ua1-1700000000.1",
      url: page,
      source: "newsletter",
      total: null,
      duration_s: 33,
      answered: true,
      dialled: "+380445550199",
    },
    contextField: "context_id",
    alias: "client_id",
  },
  aircall: {
    source: "developer.aircall.io/tutorials/webhooks-guide and /api-references",
    phases: [
      aircall,
      {
        ...aircall,
        event: "call.ended",
        timestamp: seconds + 95,
        data: { ...aircall.data, answered_at: seconds + 5, ended_at: seconds + 90, duration: 90 },
      },
    ],
    expected: {
      ...call,
      transaction_id: "812",
      source: "Shop line",
      revision: 95,
      total: null,
      duration_s: 90,
      answered: true,
      dialled: "+12025550199",
    },
    contextField: "data.context_id",
    alias: null,
  },
  telnyx: {
    source: "developers.telnyx.com/api-reference/callbacks/call-hangup",
    phases: [
      telnyx("call.initiated", 0),
      telnyx("call.answered", 9),
      telnyx("call.hangup", 95, { hangup_cause: "normal_clearing", end_time: "2026-11-20T10:01:35.000000Z" }),
    ],
    expected: { ts: T, ts_unit: "ms", transaction_id: "428c31b6-0000-4000-8000-000000000002", dialled: "+12025550199" },
    contextField: "context_id",
    alias: null,
  },
  vonage: {
    source: "developer.vonage.com/voice/voice-api/webhook-reference; developer.vonage.com/en/tutorials/vg-phone-to-app",
    phases: [
      vonage,
      {
        ...vonage,
        status: "completed",
        start_time: "2026-11-20T10:00:00.000Z",
        end_time: "2026-11-20T10:01:35.000Z",
        timestamp: "2026-11-20T10:01:35.100Z",
        duration: "95",
      },
    ],
    expected: {
      ts: T,
      ts_unit: "ms",
      transaction_id: "CON-00000000-0000-4000-8000-000000000001",
      duration_s: 95,
      answered: true,
      dialled: "+12025550199",
    },
    contextField: "context_id",
    alias: null,
  },
  plivo: {
    source: "plivo.com/docs/voice, parameters of hangup_url; unverified: SessionStart",
    phases: [
      {
        CallUUID: "p-1",
        From: "12025550123",
        To: "12025550199",
        Direction: "inbound",
        CallStatus: "ringing",
        SessionStart: "2026-11-20 10:00:00",
      },
      {
        CallUUID: "p-1",
        From: "12025550123",
        To: "12025550199",
        Direction: "inbound",
        CallStatus: "completed",
        SessionStart: "2026-11-20 10:00:00",
        AnswerTime: "2026-11-20 10:00:09",
        EndTime: "2026-11-20 10:01:35",
        Duration: "86",
      },
    ],
    expected: { ...call, transaction_id: "p-1", duration_s: 86, answered: true, dialled: "+12025550199" },
    contextField: "context_id",
    alias: null,
  },
  binotel: {
    source: "developers.binotel.ua, WebHooks; sorkin19822/binotel call-completed.php (a captured request)",
    phases: [
      binotel({
        billsec: "122",
        disposition: "ANSWER",
        getCallData: { fullUrl: page, gaClientId: "1382483615.1522331416", utm_source: "google" },
      }),
    ],
    expected: {
      ...call,
      transaction_id: "612107649",
      url: page,
      source: "google",
      duration_s: 122,
      answered: true,
      dialled: "+380672555199",
    },
    contextField: "context_id",
    alias: "callDetails.getCallData.gaClientId",
  },
  marchex: {
    source: "developer.marchex.io/docs/webhooks and /docs/sales-rescue-webhooks; unverified: CallingNumber, Duration",
    phases: [
      marchex("CallDetails.CallPreprocessed", { Duration: 95 }),
      marchex("CallDetails.CallProcessed", { Duration: 95, CallingNumber: "2025550123" }),
    ],
    expected: { ...call, transaction_id: "2079571437", duration_s: 95, answered: true, dialled: "+12025550199" },
    contextField: "context_id",
    alias: null,
  },
  calltouch: {
    source:
      "calltouch.ru/support: webhooks with fields chosen by the user, calls' fields as in its calls-diary; unverified: the webhook's own spelling",
    phases: [
      { callId: "310000001", callphase: "callconnected", timestamp: String(seconds), phonenumber: "74955550199" },
      {
        callId: "310000001",
        callphase: "callcompleted",
        timestamp: String(seconds),
        callerphone: "79005550123",
        phonenumber: "74955550199",
        duration: "62",
        successful: "true",
        callUrl: page,
        utmSource: "yandex",
      },
    ],
    expected: {
      ...call,
      transaction_id: "310000001",
      url: page,
      source: "yandex",
      duration_s: 62,
      answered: true,
      dialled: "+74955550199",
    },
    contextField: "context_id",
    alias: "yaClientId",
  },
  comagic: {
    source:
      "Grassdor/FluidLine.ComagicVisitors sql/*.sql and a published notification's template; unverified: the notation of times",
    phases: [
      {
        call_session_id: 2_146_000_001,
        start_time: "2026-11-20 13:00:00",
        direction: "in",
        contact_phone_number: "79005550123",
      },
      {
        call_session_id: 2_146_000_001,
        start_time: "2026-11-20 13:00:00",
        direction: "in",
        contact_phone_number: "79005550123",
        virtual_phone_number: "74955550199",
        total_time_duration: 75,
        talk_time_duration: 60,
        is_lost: false,
        advertising_campaign: "Brand",
      },
    ],
    expected: {
      ...call,
      transaction_id: "2146000001",
      source: "Brand",
      duration_s: 75,
      answered: true,
      dialled: "+74955550199",
    },
    contextField: "context_id",
    alias: "visitor_id",
  },
  asterisk: {
    source: "docs.asterisk.org, CDR variables, posted by the recipe of docs/vendors.md",
    phases: [
      {
        start: `${seconds}.250000`,
        linkedid: "1795428000.7",
        uniqueid: "1795428000.7",
        src: "+442079460018",
        did: "+442079460099",
        duration: "95",
        billsec: "81",
        disposition: "ANSWERED",
        direction: "inbound",
      },
    ],
    expected: {
      ts: T + 250,
      ts_unit: "ms",
      transaction_id: "1795428000.7",
      duration_s: 95,
      answered: true,
      dialled: "+442079460099",
    },
    contextField: "context_id",
    alias: null,
  },
};
