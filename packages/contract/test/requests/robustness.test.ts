/** What hostile callers get, and that nobody else notices; small here, at full size in scripts/soak.mjs. */
import { beforeAll, describe, expect, it } from "vitest";
import { runSoak, type SoakResult } from "../../src/index.ts";

const MIB = 1024 * 1024;

/** The gRPC status or HTTP status and message that each part must end with; undefined: whatever. */
const ANSWERS: Readonly<Record<string, RegExp>> = {
  "Init without Final": /^4000 states$/,
  // Inflated to the limit of the message and no further; the memory it took is checked below.
  "gzip bomb": /^8 CKR_IBM_TRANSPORT_LIMIT/,
  "nested groups": /^(2 CKR_IBM_GREP11_CANNOT_UNMARSHAL|8 CKR_IBM_TRANSPORT_LIMIT)/,
  "huge template": /^8 CKR_IBM_TRANSPORT_LIMIT/,
  "non-canonical map keys": /^(400|500) CKR_(ARGUMENTS_BAD|IBM_GREP11_CANNOT_UNMARSHAL)/,
  "unknown RPC": /^12 CKR_FUNCTION_NOT_SUPPORTED/,
  garbage: /^closed$/,
  "vanishing callers": /^gone$/,
};

describe("a server among hostile callers", () => {
  let results: SoakResult[];
  beforeAll(async () => {
    results = await runSoak({
      warmUp: 3000,
      inits: 4000,
      bombBytes: 64 * MIB,
      nestedGroups: 200_000,
      templateBytes: 4 * MIB - 16,
      vanishing: 40,
    });
  }, 60_000);

  it.each(Object.entries(ANSWERS))("%s: it answers or closes", (name, answer) => {
    expect(results.find((result) => result.name === name)?.answer).toMatch(answer);
  });

  it("its memory stays within 64 MiB of idle", () => {
    for (const { name, growthMib, peakMib } of results) {
      expect(growthMib, name).toBeLessThan(64);
      expect(peakMib, name).toBeLessThan(64);
    }
  });

  it("another client notices nothing", () => {
    for (const { name, bystander } of results) {
      expect(bystander.errors, name).toBe(0);
      expect(bystander.calls, name).toBeGreaterThan(0);
    }
  });
});
