/** Opens the connections of an attack and records how they end. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Beginning, END_HEADERS, END_STREAM, frame, type Origin, RawConnection, Type } from "./raw-connection.ts";
import { head, ONE_BYTE } from "./requests.ts";

/** If a step of an attack takes longer than this many milliseconds, the next step begins. */
const STEP_MS = 2_000;
const ADDRESSES = 30;

/** Counts how the attacker's connections and streams ended. */
export interface Outcome {
  readonly connections: number;
  /**
   * Maps how a connection ended to the number of such connections: "GOAWAY 11", "cut", or "open" if the attacker closed
   * it.
   */
  readonly ends: Readonly<Record<string, number>>;
  /** Maps each error code to the number of streams that the server has reset with it. */
  readonly resets: Readonly<Record<string, number>>;
}

/** Attacks the server until the time is over. */
export type Attack = (attacker: Attacker) => Promise<void>;

/** Opens connections and keeps them busy until the time is over. */
export class Attacker {
  /** The header fields with the credentials of the attacker; empty if it has none. */
  readonly credentials: Readonly<Record<string, string>>;
  readonly until: number;
  readonly #origin: Omit<Origin, "localAddress">;
  readonly #connections: RawConnection[] = [];
  readonly #ends: Record<string, number> = {};
  readonly #resets: Record<string, number> = {};
  #opened = 0;

  constructor(origin: Omit<Origin, "localAddress">, token: string | undefined, seconds: number) {
    this.#origin = origin;
    this.credentials = token === undefined ? {} : { authorization: `Bearer ${token}` };
    this.until = performance.now() + seconds * 1_000;
  }

  get isOver(): boolean {
    return performance.now() >= this.until;
  }

  /**
   * Opens a connection from one of several addresses of this machine. If the attacker has credentials, it makes a first
   * call to authenticate the connection. It waits for the response only if `beginning` allows one to arrive.
   */
  async open(beginning: Beginning = {}): Promise<RawConnection> {
    this.#opened += 1;
    const localAddress = `127.0.0.${2 + (this.#opened % ADDRESSES)}`;
    const connection = new RawConnection({ ...this.#origin, localAddress }, beginning);
    this.#connections.push(connection);
    if (Object.keys(this.credentials).length === 0 || beginning.preface === false) return connection;
    await connection.send(this.request(connection.stream(), "GenerateRandom", ONE_BYTE));
    const until = performance.now() + STEP_MS;
    const waits = beginning.reads !== false && beginning.settings === undefined;
    while (waits && connection.ended === 0 && performance.now() < until) await sleep(5);
    return connection;
  }

  /** Returns the HEADERS frame that begins a request. */
  begin(stream: number, rpc: string, flags = END_HEADERS): Buffer {
    return frame(Type.headers, flags, stream, head(rpc, this.credentials));
  }

  /** Returns the frames of a complete request, with its body. */
  request(stream: number, rpc: string, body: Uint8Array): Buffer {
    return Buffer.concat([this.begin(stream, rpc), frame(Type.data, END_STREAM, stream, body)]);
  }

  /** Repeats `step` on each of `count` connections. Whenever the server ends a connection, a new one replaces it. */
  async flood(
    count: number,
    step: (connection: RawConnection) => Promise<unknown>,
    beginning?: Beginning,
  ): Promise<void> {
    const keep = async (): Promise<void> => {
      while (!this.isOver) {
        const connection = await this.open(beginning);
        while (connection.isOpen && !this.isOver) {
          await Promise.race([step(connection), sleep(STEP_MS)]);
          await sleep(1);
        }
        // The connection stays open for 10 ms, because the server's GOAWAY may not have arrived yet.
        await sleep(10);
        this.#close(connection);
      }
    };
    await Promise.all(Array.from({ length: count }, keep));
  }

  async wait(): Promise<void> {
    await sleep(Math.max(0, this.until - performance.now()));
  }

  /** Closes all connections and returns how they ended. */
  finish(): Outcome {
    for (const connection of this.#connections.splice(0)) this.#close(connection);
    return { connections: this.#opened, ends: this.#ends, resets: this.#resets };
  }

  #close(connection: RawConnection): void {
    const at = this.#connections.indexOf(connection);
    if (at >= 0) this.#connections.splice(at, 1);
    const end = connection.goaway === undefined ? (connection.wasCut ? "cut" : "open") : `GOAWAY ${connection.goaway}`;
    this.#ends[end] = (this.#ends[end] ?? 0) + 1;
    for (const [code, count] of connection.resets) this.#resets[code] = (this.#resets[code] ?? 0) + count;
    connection.leave();
  }
}
