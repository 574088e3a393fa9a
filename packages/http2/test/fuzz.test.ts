import { expect, test } from "vitest";
import { fuzz } from "./fuzz.ts";

test("bent conversations end in protocol errors or go on, within bounds", () => {
  const { failures } = fuzz(40_000, 1);
  // The random conversations must reach each of these errors, or they would test too little.
  for (const name of [
    "none",
    "PROTOCOL_ERROR",
    "FRAME_SIZE_ERROR",
    "FLOW_CONTROL_ERROR",
    "STREAM_CLOSED",
    "COMPRESSION_ERROR",
  ]) {
    expect(failures.get(name) ?? 0, name).toBeGreaterThan(0);
  }
  expect(failures.get("INTERNAL_ERROR")).toBeUndefined();
});
