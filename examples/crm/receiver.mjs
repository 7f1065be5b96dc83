// A webhook receiver such as a CRM would have. It accepts only what is signed with the webhook's secret, and prints it.
// CALLJOIN_WEBHOOK_SECRET=whsec_… node examples/crm/receiver.mjs        (PORT: 8789)

import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";

const webhook = new Webhook(process.env.CALLJOIN_WEBHOOK_SECRET ?? "");
const port = Number(process.env.PORT ?? 8789);

createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  try {
    // The signature covers the exact bytes that arrived. Check it before parsing them.
    const body = Buffer.concat(chunks).toString("utf8");
    webhook.verify(body, request.headers, { jsonParse: false }); // A form is signed in the same way.
    console.log(`${new Date().toTimeString().slice(0, 8)}  the CRM was told  ${body || request.url}`);
    response.writeHead(204).end();
  } catch (error) {
    console.log(`${new Date().toTimeString().slice(0, 8)}  the CRM refused a request: ${error.message}`);
    response.writeHead(401).end();
  }
}).listen(port, "127.0.0.1");
