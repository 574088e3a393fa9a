import * as ck from "@grep11/cryptoki";
import type { CallRecord } from "@grep11/grpc-server";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { CallLog } from "./call-log.ts";

function recordingLog() {
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level: "info", base: null, timestamp: false }, { write: (line) => lines.push(JSON.parse(line)) });
  return { calls: new CallLog(log), lines };
}

function record(address: string, rv: number, admitted: boolean): CallRecord {
  return {
    requestId: "00000000-0000-4000-8000-000000000000",
    service: "grep11.Crypto",
    rpc: "SignSingle",
    action: "sign",
    protocol: "grpc",
    metadata: {},
    start: 0,
    mechanisms: [],
    keys: [],
    caller: admitted ? { name: "alice" } : undefined,
    peer: { address },
    admitted,
    rv,
    ms: 1.25,
  };
}

describe("CallLog", () => {
  it("logs every admitted call that failed, and none that succeeded", () => {
    const { calls, lines } = recordingLog();
    calls.add(record("192.0.2.1", ck.CKR_ARGUMENTS_BAD, true));
    calls.add(record("192.0.2.1", ck.CKR_ARGUMENTS_BAD, true));
    calls.add(record("192.0.2.1", ck.CKR_OK, true));
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatchObject({
      rpc: "SignSingle",
      rv: "CKR_ARGUMENTS_BAD",
      principal: "alice",
      msg: "call failed",
    });
  });

  it("aggregates refused calls by address and result, and still logs the calls of others", () => {
    const { calls, lines } = recordingLog();
    for (let n = 0; n < 5_000; n++) calls.add(record("192.0.2.1", ck.CKR_IBM_GREP11_NOT_AUTHENTICATED, false));
    calls.add(record("192.0.2.1", ck.CKR_FUNCTION_REJECTED, false));
    calls.add(record("192.0.2.2", ck.CKR_IBM_GREP11_NOT_AUTHENTICATED, false));
    calls.add(record("192.0.2.3", ck.CKR_ARGUMENTS_BAD, true));
    expect(lines.map(({ msg }) => msg)).toEqual(["call failed"]);
    calls.flush();
    expect(lines.slice(1)).toMatchObject([
      { peer: "192.0.2.1", rv: "CKR_IBM_GREP11_NOT_AUTHENTICATED", calls: 5_000, msg: "calls refused" },
      { peer: "192.0.2.1", rv: "CKR_FUNCTION_REJECTED", calls: 1 },
      { peer: "192.0.2.2", rv: "CKR_IBM_GREP11_NOT_AUTHENTICATED", calls: 1 },
    ]);
    calls.flush();
    expect(lines).toHaveLength(4);
  });

  it("logs a bounded number of lines per second, however many addresses are refused", () => {
    const { calls, lines } = recordingLog();
    for (let n = 0; n < 10_000; n++) {
      calls.add(record(`2001:db8::${n.toString(16)}`, ck.CKR_IBM_GREP11_NOT_AUTHENTICATED, false));
    }
    calls.flush();
    expect(lines).toHaveLength(101);
    expect(lines[100]).toMatchObject({ calls: 9_900, msg: "calls of further addresses refused" });
  });
});
