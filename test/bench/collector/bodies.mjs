/**
 * Bodies as a shop's pages post them: 0.7 KB, one snapshot, a new visitor every five views, and ids as random as the
 * SDK's.
 */

const VIEWS = 5;

/** Answers a function that makes the next body of a connection, given by its number. */
export function bodies(site) {
  const visitors = new Map();
  return (connection) => {
    const visitor = visitors.get(connection) ?? { id: newId(), views: 0 };
    visitors.set(connection, visitor.views + 1 < VIEWS ? { ...visitor, views: visitor.views + 1 } : undefined);
    return JSON.stringify(envelope(site, visitor.id, visitor.views));
  };
}

/** CallRail's post-call requests. Each is about a different call, from a visitor whom the collector does not know. */
export function postCalls() {
  const run = random(8);
  let number = 0;
  return () => {
    number += 1;
    const start_time = new Date(Date.now() - 95_000).toISOString();
    return JSON.stringify({
      ...POST_CALL,
      resource_id: `CAL${run}${number}`,
      start_time,
      timestamp: start_time,
      custom: `${newId()}.k2v9f7e0zz.3`,
    });
  };
}

const POST_CALL = {
  answered: true,
  business_phone_number: "+14045550100",
  call_type: "first_call",
  company_time_zone: "America/New_York",
  customer_name: "Ada Sample",
  customer_phone_number: "+14045550123",
  formatted_customer_phone_number: "404-555-0123",
  direction: "inbound",
  duration: "95",
  first_call: true,
  recording: "https://app.callrail.example/calls/1/recording",
  source_name: "Google Paid",
  tags: [],
  tracking_phone_number: "+14045550199",
  value: "$49.90",
  landing_page_url: "https://shop.example/",
  last_requested_url: "https://shop.example/p/9",
  callernum: "+14045550123",
  trackingnum: "+14045550199",
};

/** `XXXXXXXXXXX-0TTTTTTTT-XXXXXXX`, as the contract says. */
export function newId() {
  return `${random(11)}-0${Date.now().toString(36)}-${random(7)}`;
}

function random(length) {
  let text = "";
  while (text.length < length) text += Math.random().toString(36).slice(2);
  return text.slice(0, length);
}

export function envelope(site, contextId, number) {
  const now = Date.now();
  return {
    v: 1,
    site,
    context_id: contextId,
    sent_at: now,
    snapshots: [
      {
        view_id: `m4x0c1a9q${number}`,
        session_id: "k2v9f7e0zz",
        seq: 0,
        at: now - 300,
        view: {
          number: number + 1,
          session_number: 1,
          session_view_number: number + 1,
          session_at: now - 60_000,
          url: `https://shop.example/shoes/running/blue-shoe-${number}?size=42&utm_source=newsletter`,
          referrer: "https://shop.example/shoes/running",
          title: "Blue shoe, size 42 – Running shoes – The Shoe Shop",
        },
        entities: {
          r7k12_si: `v-81-${contextId.slice(0, 11)}`,
          rtap_visitor: `gbr0${contextId.slice(0, 11)}`,
          ga_client_id: "1183719321.1732262400",
          cart_total: 49.9,
          logged_in: false,
          customer_group: "gold",
        },
      },
    ],
  };
}
