// The body of a streamed answer, piece by piece. A piece through the response costs four writes, a cork and a tick; the
// same bytes as one chunk on its socket cost one write, which is half the processor time of a token.

import type { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";
import { Socket } from "node:net";

export class TextBody {
  readonly #response: ServerResponse;
  /** Absent where the response must frame or hold back by itself: HTTP/1.0, HEAD, pipelined requests. */
  readonly #socket: Socket | undefined;

  /** @param response one whose headers were written, and nothing else */
  constructor(response: ServerResponse) {
    const { socket } = response;
    this.#response = response;
    if (response.chunkedEncoding && socket instanceof Socket) this.#socket = socket;
  }

  /** Says `drain` when more may be written. */
  get source(): EventEmitter {
    return this.#socket ?? this.#response;
  }

  /** Sends the headers and the first piece, which may be empty, in one system call. */
  begin(text: string, isAscii: boolean): boolean {
    this.#socket?.setNoDelay(true);
    this.#socket?.cork();
    this.#response.flushHeaders();
    const accepted = text === "" || this.write(text, isAscii);
    this.#socket?.uncork();
    return accepted;
  }

  /**
   * Writes a piece that is not empty. False: wait for `drain` before the next.
   *
   * @param isAscii known to hold nothing else: its bytes need not be counted, nor converted
   */
  write(text: string, isAscii: boolean): boolean {
    if (this.#socket === undefined) return this.#response.write(text);
    if (isAscii) return this.#socket.write(`${sizeLine(text.length)}${text}\r\n`, "latin1");
    return this.#socket.write(`${sizeLine(Buffer.byteLength(text))}${text}\r\n`, "utf8");
  }
}

/** The first line of a chunk; those of most chunks are the same few. */
function sizeLine(bytes: number): string {
  if (bytes >= sizeLines.length) return `${bytes.toString(16)}\r\n`;
  sizeLines[bytes] ??= `${bytes.toString(16)}\r\n`;
  return sizeLines[bytes];
}

const sizeLines = new Array<string | undefined>(1024).fill(undefined);
