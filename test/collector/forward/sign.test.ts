import { Webhook } from "standardwebhooks";
import { expect, test } from "vitest";
import { signed } from "../../../collector/forward/sign";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

test("signs the vector that Standard Webhooks has published", () => {
  const headers = signed("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330_999, '{"test": 2432232314}', [SECRET]);
  expect(headers).toEqual({
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  });
});

test.each(["", '{"a":"ä€😀"}', "a=1&b=%20"])("the reference receiver verifies the body %j", (body) => {
  const headers = signed("id-1", Date.now(), body, [SECRET]);
  expect(() => new Webhook(SECRET).verify(body, headers, { jsonParse: false })).not.toThrow();
  expect(() => new Webhook(SECRET).verify(`${body} `, headers, { jsonParse: false })).toThrow();
});

test("while a secret is being changed, receivers with the new and with the old one both verify", () => {
  const other = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
  const headers = signed("id-1", Date.now(), "{}", [other, SECRET]);
  for (const secret of [SECRET, other]) expect(() => new Webhook(secret).verify("{}", headers)).not.toThrow();
  expect(headers["webhook-signature"]).toMatch(/^v1,\S+ v1,\S+$/);
});
