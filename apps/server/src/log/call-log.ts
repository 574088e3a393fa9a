/**
 * What the log says of calls: a line for each that was admitted and failed. Calls that were not admitted cost their sender
 * nothing, so they are aggregated, one line for each address and result every second, and for a bounded number of addresses.
 */
import * as ck from "@grep11/cryptoki";
import type { CallRecord } from "@grep11/grpc-server";
import type { Log } from "./log.ts";

const INTERVAL_MS = 1_000;
/** Pairs of address and result that have a line of their own in a second; all others share one. */
const MAX_LINES = 100;

/** Calls that were refused alike. */
interface Refused {
  readonly peer: string;
  readonly rv: string;
  readonly protocol: string;
  calls: number;
}

/** The calls of one server in its log. */
export class CallLog {
  readonly #log: Log;
  readonly #refused = new Map<string, Refused>();
  #others = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Notes a finished call. Calls that succeeded are logged only at level debug. */
  add(record: CallRecord): void {
    if (!record.admitted) {
      this.#sumUp(record);
      return;
    }
    const line = {
      rpc: record.rpc,
      rv: ck.ckrName(record.rv),
      ms: Math.round(record.ms * 10) / 10,
      protocol: record.protocol,
      principal: record.principal,
      peer: record.peer.address,
    };
    if (record.rv === ck.CKR_OK) this.#log.debug(line, "call");
    else this.#log.info(line, "call failed");
  }

  /** Logs the sums of this second. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const line of this.#refused.values()) this.#log.info(line, "calls refused");
    if (this.#others > 0) this.#log.info({ calls: this.#others }, "calls of further addresses refused");
    this.#refused.clear();
    this.#others = 0;
  }

  #sumUp({ peer: { address = "unknown" }, rv, protocol }: CallRecord): void {
    this.#timer ??= setTimeout(() => this.flush(), INTERVAL_MS).unref();
    const name = `${address} ${rv}`;
    const sum = this.#refused.get(name);
    if (sum !== undefined) sum.calls += 1;
    else if (this.#refused.size < MAX_LINES)
      this.#refused.set(name, { peer: address, rv: ck.ckrName(rv), protocol, calls: 1 });
    else this.#others += 1;
  }
}
