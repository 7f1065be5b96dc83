import { createHash, createHmac, generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, test } from "vitest";
import { NATIVE, readerOf } from "../../../collector/intake/adapters";
import { isSigned, urlsOf } from "../../../collector/intake/adapters/signature";
import { type SignatureRule, signatureSchema } from "../../../collector/wire/mapping";
import { siteSchema } from "../../../collector/wire/site";

interface Asked {
  url?: string;
  body?: string;
  headers?: Record<string, string>;
  secret?: string;
}

function verifyBy(
  rule: SignatureRule | undefined,
  { url = "https://collector.example/", body = "", headers = {}, secret = "" }: Asked,
) {
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  let payload = {};
  try {
    payload = JSON.parse(body) ?? {};
  } catch {}
  const query = new URL(url).searchParams;
  const asked = {
    urls: [url],
    contentType: lower["content-type"] ?? "",
    raw: Buffer.from(body),
    query,
    headers: lower,
    payload,
  };
  return rule !== undefined && isSigned(signatureSchema.parse(rule), asked, [secret]);
}

function verify(adapter: string, asked: Asked) {
  return verifyBy(NATIVE.get(adapter)?.signature, asked);
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
    const [vendor] = siteSchema.parse({ name: "Shop", vendors: [{ name: "v", adapter: "callrail" }] }).vendors;
    expect(vendor && readerOf(vendor, { keep_caller: "full" })(JSON.parse(body))).toMatchObject({
      transaction_id: "766970532",
      ts: Date.parse("2018-02-19T13:41:00.236-05:00"),
      source: "Google AdWords",
      answered: false,
      duration_s: 13,
      caller: "+12148654559",
      dialled: "+14045558514",
      total: null,
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
    ["a body of another kind", { body: "{}", headers: { ...asked.headers, "Content-Type": "application/json" } }],
  ])("%s does not", (_name, other) => expect(verify("twilio", { ...asked, ...other })).toBe(false));

  // twilio-node's webhooks.js sorts by the name, and each name's values among themselves.
  test("fields are sorted by their names, not with their values", () => {
    const body = "CallerID=%2B15005550006&Caller=client%3Aada&From=b&From=a&From=a";
    const content = `${asked.url}Callerclient:adaCallerID+15005550006FromaFromb`;
    const signature = createHmac("sha1", "12345").update(content).digest("base64");
    expect(verify("twilio", { ...asked, body, headers: { ...asked.headers, "X-Twilio-Signature": signature } })).toBe(
      true,
    );
  });

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

describe("CallTrackingMetrics", () => {
  const body = '{"id":5550003}';
  const sign = (time: string, content: string) =>
    createHmac("sha1", "made-up")
      .update(time + content)
      .digest("base64");
  const asked = {
    body,
    secret: "made-up",
    headers: { "X-CTM-Time": "1795168800", "X-CTM-Signature": sign("1795168800", body) },
  };

  test("signs its time and the body", () => expect(verify("calltrackingmetrics", asked)).toBe(true));
  test.each<[string, Asked]>([
    ["another time", { headers: { ...asked.headers, "X-CTM-Time": "1795168801" } }],
    ["another body", { body: `${body} ` }],
    ["another secret", { secret: "other" }],
  ])("%s does not verify", (_name, other) => {
    expect(verify("calltrackingmetrics", { ...asked, ...other })).toBe(false);
  });
});

describe("Telnyx", () => {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const secret = publicKey.export({ format: "der", type: "spki" }).subarray(-32).toString("base64");
  const body = '{"data":{}}';
  const signature = sign(null, Buffer.from(`1795168800|${body}`), privateKey).toString("base64");
  const asked = { body, secret, headers: { "telnyx-timestamp": "1795168800", "telnyx-signature-ed25519": signature } };

  test("signs by Ed25519, of which the site knows the public key", () => {
    expect(verify("telnyx", asked)).toBe(true);
    expect(verify("telnyx", { ...asked, body: `${body} ` })).toBe(false);
    expect(verify("telnyx", { ...asked, headers: { ...asked.headers, "telnyx-timestamp": "1" } })).toBe(false);
    for (const other of ["short", Buffer.alloc(32, 7).toString("base64")])
      expect(verify("telnyx", { ...asked, secret: other })).toBe(false);
  });
});

describe("Plivo", () => {
  // Composed as plivo-python's utils/signature_v3.py does.
  const url = "https://answer.example/hangup/";
  const form = new URLSearchParams({ To: "12025550199", From: "12025550123", CallUUID: "p-1" }).toString();
  const signed = (content: string) => createHmac("sha256", "token").update(content).digest("base64");
  const type = { "Content-Type": "application/x-www-form-urlencoded", "X-Plivo-Signature-V3-Nonce": "12345" };
  const fields = "CallUUIDp-1From12025550123To12025550199";

  test.each<[string, Asked, string]>([
    ["a form", { url, body: form, headers: type }, `${url}?${fields}.12345`],
    ["a form, and a query in the URL", { url: `${url}?a=1`, body: form, headers: type }, `${url}?a=1.${fields}.12345`],
    [
      "the query sorted and without escapes",
      { url: `${url}?url=https%3A%2F%2Fa.example%2F&a=1`, body: form, headers: type },
      `${url}?a=1&url=https://a.example/.${fields}.12345`,
    ],
    ["a GET", { url: `${url}?a=1`, headers: type }, `${url}?a=1.12345`],
    [
      "a GET of many fields",
      { url: `${url}?To=1&From=%2B2&Duration=3&Direction=4&CallUUID=5&a=6`, headers: type },
      `${url}?CallUUID=5&Direction=4&Duration=3&From=+2&To=1&a=6.12345`,
    ],
  ])("signs %s", (_name, asked, content) => {
    const ask = (signature: string) =>
      verify("plivo", { ...asked, secret: "token", headers: { ...asked.headers, "X-Plivo-Signature-V3": signature } });
    expect(ask(signed(content))).toBe(true);
    expect(ask(`${signed("by the old token")},${signed(content)}`)).toBe(true);
    expect(ask(signed(`${content}6`))).toBe(false);
  });

  test("a signature of a URL alone says nothing of a query or a body", () => {
    const added = { ...type, "X-Plivo-Signature-V3": signed(`${url}?${fields}.12345`) };
    expect(verify("plivo", { url: `${url}?context_id=x`, body: form, headers: added, secret: "token" })).toBe(false);
    const headers = { ...type, "Content-Type": "application/json", "X-Plivo-Signature-V3": signed(`${url}.12345`) };
    expect(verify("plivo", { url, body: "{}", headers, secret: "token" })).toBe(false);
  });
});

describe("a mapping of a site's own may check", () => {
  const body = '{"a":1}';
  const hmac = (algorithm: string, encoding: "base64" | "hex") =>
    createHmac(algorithm, "s").update(body).digest(encoding);
  const header = { header: "X-Sign" };
  test.each<[string, SignatureRule, Record<string, string>]>([
    [
      "HMAC-SHA256 in hexadecimal, with a prefix",
      { from: header, algorithm: "hmac-sha256", encoding: "hex", prefix: "sha256=" },
      { "X-Sign": `sha256=${hmac("sha256", "hex")}` },
    ],
    [
      "hexadecimal in capitals",
      { from: header, algorithm: "hmac-sha256", encoding: "hex" },
      { "X-Sign": hmac("sha256", "hex").toUpperCase() },
    ],
    ["HMAC-SHA1 in base64", { from: header, algorithm: "hmac-sha1" }, { "X-Sign": hmac("sha1", "base64") }],
    [
      "one of several in a header",
      { from: header, algorithm: "hmac-sha256", encoding: "hex", prefix: "v1=" },
      { "X-Sign": `t=1,v1=${"0".repeat(64)},v1=${hmac("sha256", "hex")}` },
    ],
    [
      "a template",
      { from: header, algorithm: "hmac-sha256", signed: "{url}:{header:X-Time}:{body}" },
      {
        "X-Time": "7",
        "X-Sign": createHmac("sha256", "s").update(`https://collector.example/:7:${body}`).digest("base64"),
      },
    ],
    [
      "Basic",
      { from: { header: "Authorization" }, algorithm: "basic" },
      { Authorization: `Basic ${Buffer.from("s").toString("base64")}` },
    ],
    [
      "a bearer",
      { from: { header: "Authorization" }, algorithm: "secret", prefix: "Bearer " },
      { Authorization: "Bearer s" },
    ],
  ])("%s", (_name, rule, headers) => {
    expect(verifyBy(rule, { body, headers, secret: "s" })).toBe(true);
    expect(verifyBy(rule, { body, headers, secret: "t" })).toBe(false);
    expect(verifyBy(rule, { body, headers: {}, secret: "s" })).toBe(false);
  });
});

describe("the URLs that a vendor may have signed", () => {
  test("are with and without the port, and with the parameters in any order, escaped or as they came", () => {
    const urls = urlsOf("https", "a.example:8443", "/x?b=1&a=2", 10);
    for (const host of ["a.example:8443", "a.example", "a.example:443"]) {
      for (const query of ["b=1&a=2", "a=2&b=1"]) expect(urls).toContain(`https://${host}/x?${query}`);
    }
    expect(urlsOf("https", "a.example", "/x?u=https://b.example/p&n=a+b%zz", 10)).toContain(
      "https://a.example/x?n=a%20b%25zz&u=https%3A%2F%2Fb.example%2Fp",
    );
    expect(urlsOf("http", "a.example", "/x", 0)).toEqual(["http://a.example/x", "http://a.example:80/x"]);
  });

  test("are few where trying more would cost much", () => {
    expect(urlsOf("https", "a.example", "/x?a&b&c&d&e", 10)).toHaveLength(2);
    expect(urlsOf("https", "a.example", "/x?a&b&c&d", 1e6)).toHaveLength(2);
    expect(urlsOf("https", "a.example", "/x?a&b&c&d", 10)).toHaveLength(48);
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
