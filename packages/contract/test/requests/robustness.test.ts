/** Runs attacks at small scale and checks their effect on another client. scripts/soak.mjs runs them at full scale. */
import { beforeAll, describe, expect, it } from "vitest";
import { runSoak, type SoakResult } from "../../src/index.ts";

const MIB = 1024 * 1024;

/** The gRPC status or HTTP status with which each attack must end, followed by the message. */
const EXPECTED: Readonly<Record<string, RegExp>> = {
  "Init without Final": /^4000 states$/,
  // Decompression must stop at the maximum message size. A test below checks the memory.
  "gzip bomb": /^8 CKR_IBM_TRANSPORT_LIMIT/,
  "nested groups": /^(2 CKR_IBM_GREP11_CANNOT_UNMARSHAL|8 CKR_IBM_TRANSPORT_LIMIT)/,
  "huge template": /^8 CKR_IBM_TRANSPORT_LIMIT/,
  "non-canonical map keys": /^(400|500) CKR_(ARGUMENTS_BAD|IBM_GREP11_CANNOT_UNMARSHAL)/,
  "unknown RPC": /^12 CKR_FUNCTION_NOT_SUPPORTED/,
  garbage: /^closed$/,
  "disconnecting callers": /^gone$/,
};

describe("a server under attack", () => {
  let results: SoakResult[];
  beforeAll(async () => {
    results = await runSoak({
      warmUp: 3000,
      inits: 4000,
      bombBytes: 64 * MIB,
      nestedGroups: 200_000,
      templateBytes: 4 * MIB - 16,
      disconnecting: 40,
    });
  }, 60_000);

  it.each(Object.entries(EXPECTED))("%s: it responds or closes the connection", (name, response) => {
    expect(results.find((result) => result.name === name)?.response).toMatch(response);
  });

  it("its memory stays within 64 MiB of idle", () => {
    for (const { name, growthMib, peakMib } of results) {
      expect(growthMib, name).toBeLessThan(64);
      expect(peakMib, name).toBeLessThan(64);
    }
  });

  it("another client is not affected", () => {
    for (const { name, bystander } of results) {
      expect(bystander.errors, name).toBe(0);
      expect(bystander.calls, name).toBeGreaterThan(0);
    }
  });
});
