import type { Mapping } from "../../../wire/mapping";

export const calltouch: Mapping = {
  sources: [
    "calltouch.ru/support/otpravka-informatsii-o-zvonkakh-zayavkakh-chatakh-iz-calltouch-v-lyubuyu-sistemu-s-pomoshchyu-webhoo/: GET or POST with fields chosen by the user, for leads, deals and chats",
    "calltouch.ru/support/call-import and public exports of its calls-diary: callId, timestamp, date (Moscow), callerNumber, phoneNumber, duration, successful, sessionId, yaClientId",
    "a public client of its API (const DateFormat = 02/01/2006): dates are day/month/year",
    "Unverified: the webhook's own spelling of each field; choose these names where it lets you",
  ],
  not: [{ at: ["leadtype", "type"], is: ["request*", "chat*", "order*", "deal*"] }],
  id: ["callId", "call_id", "id"],
  time: [
    { from: ["timestamp", "calltime", "date"], zone: "Europe/Moscow" },
    { from: ["calltime", "date"], zone: "Europe/Moscow", format: "dd/MM/yyyy HH:mm:ss" },
  ],
  context_id: ["context_id", "attribution.context_id"],
  visitor_id: ["yaClientId", "ctClientId", "sessionId"],
  url: ["callUrl", "url"],
  source: ["utmSource", "utm_source", "source"],
  total: { from: ["orderSum", "total"], currency: "currency" },
  duration: { from: "duration" },
  answered: [{ from: ["successful", "status"], values: { successful: true, unsuccessful: false } }],
  caller: ["callerphone", "callerNumber", "phone"],
  dialled: ["phonenumber", "phoneNumber"],
  country: "RU",
  revision: { from: "callphase", values: { callconnected: 1, calldisconnected: 2, calllost: 2, callcompleted: 3 } },
  personal: ["fio", "email", "ip", "userAgent"],
};
