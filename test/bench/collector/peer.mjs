/**
 * The collector is measured against this Express app. It parses the same body, answers the same, and stores nothing.
 */
import express from "express";

const app = express();
app.use(express.json({ type: "text/plain", limit: "64kb" }));
app.post("/v1/snapshots", (request, response) => {
  response.status(202).json({ accepted: request.body.snapshots.length, duplicate: 0, rejected: [] });
});
app.get("/readyz", (_request, response) => {
  response.json({ status: "ready" });
});
app.listen(Number(process.env.PORT), "127.0.0.1");
