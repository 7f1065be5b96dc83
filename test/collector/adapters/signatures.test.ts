import { createHash, createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { NATIVE } from "../../../collector/intake/adapters";

interface Asked {
  url?: string;
  body?: string;
  headers?: Record<string, string>;
  secret?: string;
}

function verify(adapter: string, { url = "https://collector.example/", body = "", headers = {}, secret = "" }: Asked) {
  const header = (name: string) => headers[name] ?? "";
  return NATIVE.get(adapter)?.verify?.({ urls: [url], header, raw: Buffer.from(body) }, secret);
}

describe("CallRail", () => {
  // As published at apidocs.callrail.com, "Validating Payloads".
  const body =
    '{"answered":false,"business_phone_number":"","call_type":"voicemail","company_id":155920786,"company_name":"Boost Marketing","company_time_zone":"America/Los_Angeles","created_at":"2018-02-19T13:41:00.252-05:00","customer_city":"Rochester","customer_country":"US","customer_name":"Kaylah Mills","customer_phone_number":"+12148654559","customer_state":"PA","device_type":"","direction":"inbound","duration":"13","first_call":false,"formatted_call_type":"Voicemail","formatted_customer_location":"Rochester, PA","formatted_business_phone_number":"","formatted_customer_name":"Kaylah Mills","prior_calls":16,"formatted_customer_name_or_phone_number":"Kaylah Mills","formatted_customer_phone_number":"214-865-4559","formatted_duration":"13s","formatted_tracking_phone_number":"404-555-8514","formatted_tracking_source":"Google Paid","formatted_value":"--","good_lead_call_id":715587840,"good_lead_call_time":"2016-06-17T10:23:33.363-04:00","id":766970532,"lead_status":"previously_marked_good_lead","note":"","recording":"https://app.callrail.com/calls/766970532/recording/redirect?access_key=aaaaccccddddeeee","recording_duration":8,"source_name":"Google AdWords","start_time":"2018-02-19T13:41:00.236-05:00","tags":[],"total_calls":17,"tracking_phone_number":"+14045558514","transcription":"","value":"","voicemail":true,"tracker_id":354024023,"keywords":"","medium":"","referring_url":"","landing_page_url":"","last_requested_url":"","referrer_domain":"","conversational_transcript":"","utm_source":"google","utm_medium":"cpc","utm_term":"","utm_content":"","utm_campaign":"Google AdWords","utma":"","utmb":"","utmc":"","utmv":"","utmz":"","ga":"","gclid":"","integration_data":[{"integration":"Webhooks","data":null}],"keywords_spotted":"","recording_player":"https://app.callrail.com/calls/766970532/recording?access_key=aaaabbbbccccdddd","speaker_percent":"","call_highlights":[],"callercity":"Rochester","callercountry":"US","callername":"Kaylah Mills","callernum":"+12148654559","callerstate":"PA","callsource":"google_paid","campaign":"","custom":"","datetime":"2018-02-19 18:41:00","destinationnum":"","ip":"","kissmetrics_id":"","landingpage":"","referrer":"","referrermedium":"","score":1,"tag":"","trackingnum":"+14045558514","timestamp":"2018-02-19T13:41:00.236-05:00"}';
  const asked = {
    body,
    secret: "072e77e426f92738a72fe23c4d1953b4",
    headers: { Signature: "UZAHbUdfm3GqL7qzilGozGzWV64=" },
  };

  test("its published example verifies", () => expect(verify("callrail", asked)).toBe(true));

  test.each<[string, Asked]>([
    ["another byte in the body", { body: `${body} ` }],
    ["another key", { secret: "072e77e426f92738a72fe23c4d1953b5" }],
    ["another signature", { headers: { Signature: "UZAHbUdfm3GqL7qzilGozGzWV65=" } }],
    ["a part of the signature", { headers: { Signature: "UZAHbUdfm3Gq" } }],
    ["no signature", { headers: {} }],
  ])("%s does not", (_name, other) => expect(verify("callrail", { ...asked, ...other })).toBe(false));

  test("its published example is read as a call", () => {
    expect(NATIVE.get("callrail")?.read(JSON.parse(body))).toMatchObject({
      id: "766970532",
      time: "2018-02-19T13:41:00.236-05:00",
      source: "Google AdWords",
    });
  });
});

describe("Twilio", () => {
  // As published at twilio.com/docs/usage/security, "Validating Signatures".
  const asked = {
    url: "https://mycompany.com/myapp.php?foo=1&bar=2",
    body: new URLSearchParams({
      To: "+18005551212",
      From: "+14158675309",
      Digits: "1234",
      Caller: "+14158675309",
      CallSid: "CA1234567890ABCDE",
    }).toString(),
    secret: "12345",
    headers: {
      "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
      "X-Twilio-Signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
    },
  };

  test("its published example verifies", () => expect(verify("twilio", asked)).toBe(true));

  test.each<[string, Asked]>([
    ["another URL", { url: "https://mycompany.com/myapp.php?foo=1&bar=3" }],
    ["another parameter", { body: asked.body.replace("1234", "1235") }],
    ["a parameter more", { body: `${asked.body}&More=1` }],
    ["another token", { secret: "12346" }],
  ])("%s does not", (_name, other) => expect(verify("twilio", { ...asked, ...other })).toBe(false));

  test("a JSON body counts by its hash in the URL", () => {
    const body = '{"CallSid":"CA1"}';
    const hash = createHash("sha256").update(body).digest("hex");
    const url = (sha: string) => `https://collector.example/hook?bodySHA256=${sha}`;
    const signature = (signed: string) => createHmac("sha1", "12345").update(signed).digest("base64");
    const ask = (sha: string) => {
      const headers = { "Content-Type": "application/json", "X-Twilio-Signature": signature(url(sha)) };
      return verify("twilio", { url: url(sha), body, headers, secret: "12345" });
    };
    expect(ask(hash)).toBe(true);
    expect(ask(createHash("sha256").update("{}").digest("hex"))).toBe(false);
  });
});

describe("Ringostat and Aircall", () => {
  test("share a secret with the site, in a header and in the body", () => {
    expect(verify("ringostat", { headers: { "Auth-Key": "key-1" }, secret: "key-1" })).toBe(true);
    expect(verify("ringostat", { headers: { "Auth-Key": "key-2" }, secret: "key-1" })).toBe(false);
    expect(verify("aircall", { body: '{"token":"key-1"}', secret: "key-1" })).toBe(true);
    for (const body of ['{"token":"key-2"}', "{}", "null", "no json", ""]) {
      expect(verify("aircall", { body, secret: "key-1" })).toBe(false);
    }
  });
});
