import { fromBinary } from "@bufbuild/protobuf";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { AnySchema } from "@bufbuild/protobuf/wkt";
import * as ck from "@grep11/cryptoki";
import { codecs, Grep11ErrorSchema } from "@grep11/proto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDouble } from "../test/ep11-double.ts";
import { envelope, type RawAnswer, RawGrpc } from "../test/raw-grpc.ts";
import { createTestServer } from "../test/server.ts";
import type { Grep11Server } from "./options.ts";

const logged: { error: ck.CkError; rpc: string }[] = [];
let failure: unknown;
let hook = (): void => undefined;
const { ep11, calls } = createDouble({
  sign: async () => {
    throw failure;
  },
  rewrapKeyBlob: async () => {
    throw failure;
  },
  digest: (_, options) =>
    new Promise((_resolve, reject) => options?.signal?.addEventListener("abort", () => reject(options.signal?.reason))),
});
let server: Grep11Server;
let client: RawGrpc;

beforeAll(async () => {
  server = createTestServer({
    ep11,
    onError: (error, rpc) => {
      logged.push({ error, rpc });
      hook();
    },
    onCall: () => hook(),
  });
  const { port } = await server.listen({ port: 0 });
  client = new RawGrpc(`http://127.0.0.1:${port}`);
});
afterAll(async () => {
  client.close();
  await server.close({ graceMs: 0 });
});

/** Parses the status of a failed call in the same way as other gRPC clients. */
function statusOf({ headers, trailers }: RawAnswer) {
  const all = { ...headers, ...trailers };
  const status = Buffer.from(String(all["grpc-status-details-bin"]), "base64");
  const details: Uint8Array[] = [];
  let code = 0;
  let message = "";
  const reader = new BinaryReader(status);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1) code = reader.int32();
    else if (field === 2) message = reader.string();
    else if (field === 3) details.push(reader.bytes());
    else reader.skip(wireType, field);
  }
  expect(headers[":status"]).toBe(200);
  expect(details).toHaveLength(1);
  expect(code).toBe(Number(all["grpc-status"]));
  expect(message).toBe(all["grpc-message"]);
  const any = fromBinary(AnySchema, details[0]!);
  expect(any.typeUrl).toBe("type.googleapis.com/grep11.Grep11Error");
  const { Code, Detail, Retry } = fromBinary(Grep11ErrorSchema, any.value);
  return { code, message, Code: Number(Code), Detail, Retry };
}

const request = (len: number) =>
  envelope(codecs.generateRandom.request.serialise(codecs.generateRandom.request.encode({ len })));

describe("an error on the wire", () => {
  const signWith = async (thrown: unknown) => {
    failure = thrown;
    return statusOf(await client.call("Sign", envelope(new Uint8Array(0))));
  };
  const ckError = (options?: ck.CkErrorOptions) => new ck.CkError(ck.CKR_DATA_LEN_RANGE, "33 bytes", options);

  it("is UNKNOWN with the CKR name and one detail", async () => {
    expect(await signWith(ckError())).toEqual({
      code: 2,
      message: "CKR_DATA_LEN_RANGE",
      Code: 0x21,
      Detail: "CKR_DATA_LEN_RANGE in Sign: 33 bytes",
      Retry: false,
    });
  });

  it("carries the retry flag, but no cause", async () => {
    expect(await signWith(ckError({ retry: true, cause: "secret" }))).toMatchObject({ Code: 0x21, Retry: true });
    expect(logged.at(-1)).toMatchObject({ rpc: "Sign", error: { rv: 0x21, cause: "secret" } });
  });

  it.each([new Error("secret"), "secret", undefined, new TypeError("secret")])(
    "is CKR_GENERAL_ERROR for anything else that was thrown: %s",
    async (thrown) => {
      const status = await signWith(thrown);
      expect(status).toMatchObject({ code: 2, message: "CKR_GENERAL_ERROR", Code: 5 });
      expect(status.Detail).not.toContain("secret");
    },
  );

  it("survives hooks that throw", async () => {
    hook = () => {
      throw new Error("a mistake");
    };
    const warned = new Promise((resolve) => process.once("warning", resolve));
    expect(await signWith(new Error("x"))).toMatchObject({ message: "CKR_GENERAL_ERROR" });
    expect(await warned).toMatchObject({ message: "a hook of the server has thrown: Error" });
    await expect.poll(() => server.inFlight).toBe(0);
    hook = () => undefined;
  });

  it("does not make clients retry RewrapKeyBlob while there is no next master key", async () => {
    failure = new ck.CkError(ck.CKR_IBM_WK_NOT_INITIALIZED);
    expect(statusOf(await client.call("RewrapKeyBlob", envelope(new Uint8Array(0))))).toMatchObject({ code: 2 });
  });

  it.each([
    [0x80010009, 14],
    [0x80010010, 8],
    [0x80040001, 16],
    [0x54, 12],
    [0x8001000b, 4],
    [0xc0, 2],
  ])("maps 0x%s to gRPC code %i", async (rv, code) => {
    expect(await signWith(new ck.CkError(rv))).toMatchObject({ code, Code: rv });
  });
});

describe("an error of the protocol", () => {
  const before = () => calls.length;

  it.each<[string, () => Promise<RawAnswer>, object]>([
    ["unknown RPC", () => client.call("Nonsense", request(1)), { code: 12, Code: 0x54 }],
    ["unknown service", () => client.call("/grep11.Other/Sign", request(1)), { code: 12, Code: 0x54 }],
    ["unknown compression", () => client.call("Sign", request(1), { "grpc-encoding": "br" }), { code: 12, Code: 0x54 }],
    ["compressed flag", () => client.call("Sign", envelope(Buffer.alloc(4), 1)), { code: 2, Code: 0x80040002 }],
    ["no message", () => client.call("Sign", Buffer.alloc(0)), { code: 2, Code: 0x80040002 }],
    ["two messages", () => client.call("Sign", Buffer.alloc(10)), { code: 2, Code: 0x80040002 }],
    ["half a message", () => client.call("Sign", request(1).subarray(0, 6)), { code: 2, Code: 0x80040002 }],
    ["garbage", () => client.call("Sign", envelope(Buffer.alloc(40, 0xff))), { code: 2, Code: 0x80040002 }],
    ["no envelope", () => client.call("Sign", Buffer.alloc(100, 0x41)), { code: 8, Code: 0x80010010 }],
    ["bad timeout", () => client.call("Sign", request(1), { "grpc-timeout": "soon" }), { code: 2, Code: 0x80040002 }],
    [
      "deadline",
      () => client.call("Digest", envelope(Buffer.alloc(0)), { "grpc-timeout": "50m" }),
      { code: 4, Code: 0x8001000b, Retry: true },
    ],
  ])("has the same form: %s", async (name, call, expected) => {
    const reached = before();
    const status = statusOf(await call());
    expect(status).toMatchObject(expected);
    expect(status.message).toMatch(/^CKR_[A-Z0-9_]+$/);
    if (name !== "deadline") expect(calls).toHaveLength(reached);
  });

  it("leaves no call running", async () => {
    await expect.poll(() => server.inFlight).toBe(0);
  });
});
