/**
 * Logs calls. A call that was admitted and failed gets a line of its own. Refused calls are aggregated, because anyone could
 * fill the log with them: each second gets one line for each address and result, up to {@link MAX_LINES}.
 */
import * as ck from "@grep11/cryptoki";
import type { CallRecord } from "@grep11/grpc-server";
import type { Log } from "./log.ts";

const INTERVAL_MS = 1_000;
/** In each second, this many pairs of address and result get lines of their own. All others share one line. */
const MAX_LINES = 100;

/** The calls from one address that were refused with the same CK_RV. */
interface Refused {
  readonly peer: string;
  readonly rv: string;
  readonly protocol: string;
  calls: number;
}

export class CallLog {
  readonly #log: Log;
  readonly #refused = new Map<string, Refused>();
  #others = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Logs or counts a finished call. Successful calls are logged only at level debug. */
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

  /** Logs the refused calls that were counted since the last time. */
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
