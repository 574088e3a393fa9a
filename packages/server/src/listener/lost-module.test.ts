/** Tests that a server survives if its code for HTTP/1.1 cannot be loaded, for example after an update on disk. */
import { expect, it, vi } from "vitest";
import { createDouble } from "../../test/ep11-double.ts";
import { sendHttp1 } from "../../test/raw-http1.ts";
import { createTestServer } from "../../test/server.ts";

const REQUEST = "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";

it("closes HTTP/1.1 connections until the code can be loaded", async () => {
  const warning = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
  vi.doMock("./node-http1.ts", () => {
    throw new Error("the file is missing");
  });
  const server = createTestServer({ ep11: createDouble().ep11 });
  const { port } = await server.listen({ port: 0 });
  try {
    expect(await sendHttp1(port, REQUEST)).toMatchObject({ status: 0, head: "" });
    expect(warning).toHaveBeenCalledExactlyOnceWith(expect.stringContaining("HTTP/1.1 is not available"));
    vi.doUnmock("./node-http1.ts");
    expect(await sendHttp1(port, REQUEST)).toMatchObject({ status: 200 });
  } finally {
    await server.close({ graceMs: 0 });
  }
});
