/**
 * A load generator that costs little, because it shares the machine with what it measures. Each connection posts,
 * waits for the whole answer, and posts the next body. It uses sockets rather than an HTTP client: the answers are
 * ours, and they have a Content-Length.
 */
import { connect } from "node:net";

/**
 * Posts to `path` of 127.0.0.1:`port` over `connections` for `seconds`. `nextBody(connection)` makes each body.
 * Answers the requests/s and the percentiles of the latencies in ms. Throws if an answer is not a success.
 */
export async function load({ port, connections, seconds, nextBody, path = "/v1/snapshots" }) {
  const latencies = [];
  const start = performance.now();
  const end = start + seconds * 1_000;
  const all = Array.from({ length: connections }, (_, n) => post(port, path, () => nextBody(n), end, latencies));
  await Promise.all(all);
  const took = (performance.now() - start) / 1_000;
  latencies.sort((a, b) => a - b);
  const percentile = (p) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * p))];
  return { rate: latencies.length / took, p50: percentile(0.5), p99: percentile(0.99), count: latencies.length };
}

function post(port, path, nextBody, end, latencies) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1").setNoDelay(true);
    let sentAt = 0;
    let received = "";
    const send = () => {
      const body = nextBody();
      sentAt = performance.now();
      socket.write(
        `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nOrigin: https://shop.example\r\n` +
          `Content-Type: text/plain;charset=UTF-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      );
    };
    socket.setEncoding("latin1");
    socket.on("connect", send).on("error", reject);
    socket.on("data", (text) => {
      received += text;
      const head = received.indexOf("\r\n\r\n");
      if (head < 0) return;
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(received)?.[1]);
      if (received.length < head + 4 + length) return;
      if (!received.startsWith("HTTP/1.1 20")) return reject(new Error(`no success: ${received.slice(0, 300)}`));
      received = "";
      const now = performance.now();
      latencies.push(now - sentAt);
      if (now < end) send();
      else socket.end(resolve);
    });
    socket.on("close", () => reject(new Error("the server closed the connection")));
  });
}
