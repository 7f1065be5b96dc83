import type { Mapping } from "../../../wire/mapping";

export const marchex: Mapping = {
  sources: [
    "developer.marchex.io/docs/webhooks: {Id, Attempt, Properties, Notifications: [call, …]}; call start, preprocessed (its end), processed; TelmetricsId, CalledNumber, StartTime, AnswerTime, EndTime, AnswerStatus",
    "developer.marchex.io/docs/sales-rescue-webhooks: StartTime is local `4/30/2021 1:31:38 PM`, MonitorStartTime the same in UTC",
    "Unverified: CallingNumber, Duration, CustomParameters, the values of AnswerStatus beside Answered",
  ],
  body: { items: "Notifications" },
  id: ["TelmetricsId", "CallId"],
  time: [
    { from: "MonitorStartTime", zone: "UTC" },
    { from: "MonitorStartTime", zone: "UTC", format: "M/d/yyyy h:mm:ss a" },
    { from: "StartTime" },
    { from: "StartTime", format: "M/d/yyyy h:mm:ss a" },
  ],
  context_id: ["CustomParameters.context_id", "CustomParameters[Name=context_id].Value", "context_id"],
  url: ["LandingPage", "LandingPageUrl", "ReferralUrl"],
  source: ["Source", "UtmSource"],
  duration: { from: ["Duration", "CallDuration"] },
  answered: [
    { from: "AnswerStatus", values: { "*": false } },
    { from: "AnswerTime", values: { "*": true } },
  ],
  caller: ["CallingNumber", "CallerNumber", "CallerId"],
  dialled: "CalledNumber",
  country: "US",
  revision: { from: "Action", values: { "CallDetails.CallStart": 0, "CallDetails.CallPreprocessed": 1, "*": 2 } },
  personal: ["CallerName", "Name", "Address", "City", "Transcript"],
};
