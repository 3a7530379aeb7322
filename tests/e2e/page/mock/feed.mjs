// The server's side of a WebSocket (RFC 6455) as far as the live feed needs it: unfragmented text
// out, and a close in either direction.
import { createHash } from "node:crypto";

const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

function frame(opcode, payload) {
  const size = payload.length;
  const head =
    size < 126
      ? Buffer.from([0x80 | opcode, size])
      : size < 65_536
        ? Buffer.from([0x80 | opcode, 126, size >> 8, size & 255])
        : Buffer.concat([Buffer.from([0x80 | opcode, 127]), bigEndian64(size)]);
  return Buffer.concat([head, payload]);
}

function bigEndian64(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

export function openFeed(request, socket) {
  const accept = createHash("sha1")
    .update(request.headers["sec-websocket-key"] + guid)
    .digest("base64");
  socket.write(
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  socket.on("data", (data) => {
    if ((data[0] & 15) === 8) socket.end(frame(8, Buffer.alloc(0)));
  });
  socket.on("error", () => undefined);
  return {
    send: (message) => socket.write(frame(1, Buffer.from(JSON.stringify(message)))),
    close: (code) => socket.end(frame(8, Buffer.from([code >> 8, code & 255]))),
    cut: () => socket.destroy(),
    get open() {
      return !socket.destroyed && socket.writable;
    },
  };
}
