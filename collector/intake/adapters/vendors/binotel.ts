import type { Mapping } from "../../../wire/mapping";

export const binotel: Mapping = {
  sources: [
    'developers.binotel.ua, WebHooks: API CALL COMPLETED, a POST form {requestType, attemptsCounter, callDetails[…]}, no signature, six attempts until the answer is {"status":"success"}',
    "sorkin19822/binotel call-completed.php: a captured request; startTime in epoch seconds, callType 0 incoming and 1 outgoing, GetCall's and call tracking's data in getCallData and callTrackingData",
    "Unverified: the values of `disposition` beside ANSWER (TRANSFER, an answered call that was handed on; NOANSWER, BUSY, CANCEL, VM-SUCCESS)",
  ],
  body: { within: ["callDetails", "callTrackingData", "callDetails.callTrackingData", "callDetails.getCallData"] },
  only: [{ at: "requestType", is: ["apiCallCompleted"] }],
  id: ["generalCallID", "callID"],
  time: { from: "startTime" },
  visitor_id: "gaClientId",
  url: "fullUrl",
  source: "utm_source",
  duration: { from: "billsec" },
  answered: [
    { from: "disposition", values: { transfer: true, "*": false } },
    { from: "billsec", values: { "*": true } },
  ],
  direction: { from: "callType", values: { "0": "inbound", "1": "outbound" } },
  caller: ["externalNumber", "srcNumber"],
  dialled: ["didNumber", "did"],
  country: "UA",
  personal: ["customerData", "callDetails.customerData", "ipAddress"],
  answer: { body: '{"status":"success"}', content_type: "application/json" },
};
