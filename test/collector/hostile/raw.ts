import { connect } from "node:net";

/**
 * Bytes as they are, on a connection of their own; answers what came back until it was closed, at the latest after `ms`. `isAll`: its own side is
 * closed behind them.
 */
export function exchange(origin: string, bytes: Uint8Array | string, ms = 5_000, isAll = false): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(origin).port), "127.0.0.1");
    let received = "";
    const timer = setTimeout(() => socket.destroy(), ms);
    socket.setEncoding("latin1");
    socket.on("data", (text) => {
      received += text;
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(received);
    });
    if (isAll) socket.end(bytes);
    else socket.write(bytes);
  });
}

/**
 * One request after the other on a kept connection; each answers its status. A server may close a kept connection whenever it likes: what was
 * then not answered is sent again on a new one, and only what finds that closed as well answers 0.
 */
export function keptConnection(origin: string) {
  const port = Number(new URL(origin).port);
  let answered: (status: number) => void = () => {};
  let received = "";
  let isNew = true;
  let socket = open();

  function open() {
    isNew = true;
    received = "";
    const opened = connect(port, "127.0.0.1").setNoDelay(true).setEncoding("latin1");
    opened.on("data", (text) => {
      received += text;
      const head = received.indexOf("\r\n\r\n");
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(received.slice(0, head))?.[1] ?? 0);
      if (head < 0 || received.length < head + 4 + length) return;
      const status = Number(received.slice(9, 12));
      received = "";
      answered(status);
    });
    opened.on("error", () => {});
    opened.on("close", () => {
      if (opened === socket) answered(0);
    });
    return opened;
  }

  async function send(bytes: Uint8Array): Promise<number> {
    if (socket.destroyed || socket.readableEnded) socket = open();
    const sentOnNew = isNew;
    isNew = false;
    const status = await new Promise<number>((resolve) => {
      answered = resolve;
      socket.write(bytes);
    });
    return status === 0 && !sentOnNew ? send(bytes) : status;
  }

  return { send, close: () => socket.destroy() };
}
