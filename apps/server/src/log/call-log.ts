/**
 * Logs calls. Every admitted call that failed gets a line. Calls that were not admitted cost their sender nothing, so they are
 * aggregated: every second, one line for each address and result is logged, for a bounded number of addresses.
 */
import * as ck from "@grep11/cryptoki";
import type { CallRecord } from "@grep11/grpc-server";
import type { Log } from "./log.ts";

const INTERVAL_MS = 1_000;
/** How many pairs of address and result get a line of their own in one second. All others share one. */
const MAX_LINES = 100;

/** The calls from one address that were refused with one result. */
interface Refused {
  readonly peer: string;
  readonly rv: string;
  readonly protocol: string;
  calls: number;
}

/** Logs the calls of one server. */
export class CallLog {
  readonly #log: Log;
  readonly #refused = new Map<string, Refused>();
  #others = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Records a finished call. Successful calls are logged only at level debug. */
  add(record: CallRecord): void {
    if (!record.admitted) {
      this.#aggregate(record);
      return;
    }
    const line = {
      rpc: record.rpc,
      rv: ck.ckrName(record.rv),
      ms: Math.round(record.ms * 10) / 10,
      protocol: record.protocol,
      principal: record.caller?.name,
      peer: record.peer.address,
    };
    if (record.rv === ck.CKR_OK) this.#log.debug(line, "call");
    else this.#log.info(line, "call failed");
  }

  /** Logs the calls that were refused in the last second. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const line of this.#refused.values()) this.#log.info(line, "calls refused");
    if (this.#others > 0) this.#log.info({ calls: this.#others }, "calls of further addresses refused");
    this.#refused.clear();
    this.#others = 0;
  }

  #aggregate({ peer: { address = "unknown" }, rv, protocol }: CallRecord): void {
    this.#timer ??= setTimeout(() => this.flush(), INTERVAL_MS).unref();
    const name = `${address} ${rv}`;
    const sum = this.#refused.get(name);
    if (sum !== undefined) sum.calls += 1;
    else if (this.#refused.size < MAX_LINES)
      this.#refused.set(name, { peer: address, rv: ck.ckrName(rv), protocol, calls: 1 });
    else this.#others += 1;
  }
}
