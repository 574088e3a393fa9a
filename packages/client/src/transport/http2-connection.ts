/** A connection to a server. The first call opens it, and a new one replaces it when it has ended. */
import type { Stream, StreamReceiver } from "@grep11/http2";
import { abortedError, Http2Socket, type SocketOptions } from "./http2-socket.ts";

/** A request that a connection starts as soon as it is allowed to. */
export interface PendingRequest extends StreamReceiver {
  /** Alternating names and values of the header fields, beginning with `:path`. */
  readonly fields: readonly string[];
  /** Called when the request has been started on `stream` of `socket`. */
  begun(stream: Stream, socket: Http2Socket): void;
  /** Called when the request cannot be started. */
  failed(error: unknown): void;
}

/**
 * Starts requests. Requests beyond the server's limit of concurrent streams wait. If the server ends the connection,
 * they move to a new one.
 */
export class Http2Connection {
  readonly #options: SocketOptions;
  #current: Http2Socket | undefined;
  readonly #waiting = new Set<PendingRequest>();

  constructor(options: SocketOptions) {
    this.#options = options;
  }

  /** Starts `request` as soon as the server's limit allows it. */
  send(request: PendingRequest): void {
    this.#waiting.add(request);
    this.#start();
  }

  /** Removes a request that has not been started. */
  forget(request: PendingRequest): void {
    this.#waiting.delete(request);
  }

  /** Ends the connection and the calls on it. */
  close(): void {
    // Creates the error only if it is needed, because the first ConnectError of a process loads all of fetch.
    if (this.#waiting.size > 0) this.#failWaiting(abortedError());
    this.#current?.abort();
  }

  #start(): void {
    for (const request of this.#waiting) {
      try {
        // Opening a connection throws if the TLS options are not valid.
        if (this.#current === undefined || this.#current.isClosing) this.#current = this.#open();
        if (!this.#current.mayRequest) break;
        this.#waiting.delete(request);
        request.begun(this.#current.request(request.fields, request), this.#current);
      } catch (error) {
        this.#waiting.delete(request);
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
        // If the server could not be reached, waiting requests fail. The next call tries again.
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
