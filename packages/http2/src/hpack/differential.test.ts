import { expect, test } from "vitest";
import { compareWithNode } from "../../test/hpack-differential.ts";

test("node:http2 and we decode what the other has encoded", async () => {
  await expect(compareWithNode(10_000, 1)).resolves.toBeUndefined();
});
