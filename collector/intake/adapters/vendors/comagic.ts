import type { Mapping } from "../../../wire/mapping";

export const comagic: Mapping = {
  sources: [
    'UIS/CoMagic notifications: GET or POST to a URL, whose fields the user puts together of placeholders; a published template of "Завершение звонка" names them',
    "Grassdor/FluidLine.ComagicVisitors sql/*.sql: call_session_id, contact_phone_number, virtual_phone_number, visitor_id, direction, is_lost, talk_time_duration, total_time_duration, notification_time",
    "Unverified: the notation of start_time and notification_time (ISO is read; epoch too)",
  ],
  id: ["call_session_id", "communication_id"],
  time: [
    { from: "start_time", zone: "Europe/Moscow" },
    { from: "notification_time", zone: "Europe/Moscow", is: "end" },
  ],
  visitor_id: "visitor_id",
  url: ["visitor_url", "url"],
  source: ["utm_source", "advertising_campaign"],
  duration: { from: ["total_time_duration", "talk_time_duration"] },
  answered: [
    { from: "is_lost", values: { true: false, "1": false, false: true, "0": true } },
    { from: "talk_time_duration", values: { "*": true } },
  ],
  direction: [
    { from: "communication_type", values: { "chat*": "chat", "offline*": "form", "goal*": "form" } },
    { from: "direction" },
  ],
  caller: ["contact_phone_number", "calling_phone_number"],
  dialled: ["virtual_phone_number", "called_phone_number"],
  country: "RU",
  revision: { from: ["total_time_duration", "talk_time_duration"] },
  personal: ["contact_full_name", "visitor_ip_address", "visitor_city"],
};
