/** A connection to a server that is opened by its first call and replaced when it has ended. */
import type { Stream, StreamReceiver } from "@grep11/http2";
import { abortedError, Http2Socket, type SocketOptions } from "./http2-socket.ts";

/** A request that a connection starts as soon as it may. */
export interface PendingRequest extends StreamReceiver {
  /** Names and values of the header fields, `:path` first. */
  readonly fields: readonly string[];
  /** The request has been started on `stream` of `socket`. */
  begun(stream: Stream, socket: Http2Socket): void;
  /** The request cannot be started. */
  failed(error: unknown): void;
}

/**
 * Starts requests. Those beyond the server's limit of concurrent streams wait. They move to a new connection when the server ends
 * the one for which they waited.
 */
export class Http2Connection {
  readonly #options: SocketOptions;
  #current: Http2Socket | undefined;
  readonly #waiting = new Set<PendingRequest>();

  constructor(options: SocketOptions) {
    this.#options = options;
  }

  /** Starts `request` now or later. */
  send(request: PendingRequest): void {
    this.#waiting.add(request);
    this.#start();
  }

  /** Gives up a request that has not been started. */
  forget(request: PendingRequest): void {
    this.#waiting.delete(request);
  }

  /** Ends the connection and the calls on it. */
  close(): void {
    // Without calls no error is made: the first ConnectError of a process loads all of fetch.
    if (this.#waiting.size > 0) this.#failWaiting(abortedError());
    this.#current?.abort();
  }

  #start(): void {
    for (const request of this.#waiting) {
      if (this.#current === undefined || this.#current.isClosing) this.#current = this.#open();
      if (!this.#current.mayRequest) break;
      this.#waiting.delete(request);
      try {
        request.begun(this.#current.request(request.fields, request), this.#current);
      } catch (error) {
        request.failed(error);
      }
    }
    this.#current?.hold(this.#waiting.size > 0);
  }

  #open(): Http2Socket {
    const socket = new Http2Socket(this.#options, {
      available: () => this.#start(),
      closed: () => {
        if (this.#current !== socket) return;
        this.#current = undefined;
        // A server that could not be reached is not tried again until the next call.
        if (!socket.wasConnected) this.#failWaiting(socket.failure);
        this.#start();
      },
    });
    return socket;
  }

  #failWaiting(error: unknown): void {
    for (const request of this.#waiting) {
      this.#waiting.delete(request);
      request.failed(error);
    }
  }
}
