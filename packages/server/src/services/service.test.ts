import { create, createFileRegistry, type DescService, toBinary } from "@bufbuild/protobuf";
import { FieldDescriptorProto_Label, FieldDescriptorProto_Type, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import * as ck from "@grep11/cryptoki";
import { decodeError, Grep11ErrorSchema, health, wire } from "@grep11/proto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createDouble } from "../../test/ep11-double.ts";
import { envelope, RawGrpc } from "../../test/raw-grpc.ts";
import { createTestServer } from "../../test/server.ts";
import type { CallRecord, Grep11Server } from "../options.ts";
import { createService, type ServiceHandlers } from "./service.ts";

/** A service for this test. Its method Look takes and returns a Name, which has a text and bytes. */
const NAMES: DescService = createFileRegistry(
  create(FileDescriptorSetSchema, {
    file: [
      {
        name: "names.proto",
        package: "test",
        syntax: "proto3",
        messageType: [
          {
            name: "Name",
            field: [
              { name: "text", number: 1, type: FieldDescriptorProto_Type.STRING },
              { name: "data", number: 2, type: FieldDescriptorProto_Type.BYTES },
            ].map((field) => ({ ...field, label: FieldDescriptorProto_Label.OPTIONAL })),
          },
        ],
        service: [{ name: "Names", method: [{ name: "Look", inputType: ".test.Name", outputType: ".test.Name" }] }],
      },
    ],
  }),
).getService("test.Names")!;
const look = NAMES.methods[0]! as DescService["methods"][number] & { readonly methodKind: "unary" };

interface Name {
  readonly text: string;
  readonly data: Uint8Array;
}
const seen: (ck.CallOptions & { readonly text: string })[] = [];
const handlers = {
  look: {
    action: "look",
    maxBytes: 100_000,
    async handle(request: unknown, options: ck.CallOptions) {
      const { text, data } = request as Name;
      seen.push({ ...options, text });
      if (text === "unknown") throw new ck.CkError(ck.CKR_OBJECT_HANDLE_INVALID, "there is no such name");
      return { text: text.toUpperCase(), data };
    },
  },
} as ServiceHandlers<DescService>;

let server: Grep11Server;
let port: number;
const rpcs: string[] = [];
const records: CallRecord[] = [];
beforeAll(async () => {
  server = createTestServer({
    ep11: createDouble().ep11,
    services: [createService(NAMES, handlers)],
    authorise: (principal, action) => action !== "look" || principal?.name === "alice",
    interceptors: [
      (call, next) => {
        rpcs.push(`${call.service}/${call.rpc}`);
        return next();
      },
    ],
    onCall: (record) => records.push(record),
  });
  const bearer = (token: string) => ({ name: token });
  port = (await server.listen({ port: 0, bearer })).port;
});
beforeEach(() => {
  seen.length = 0;
  rpcs.length = 0;
  records.length = 0;
});
afterAll(() => server.close({ graceMs: 0 }));

const PROTOCOLS: Record<string, (baseUrl: string) => Transport> = {
  gRPC: (baseUrl) => createGrpcTransport({ baseUrl }),
  "gRPC-Web over HTTP/1.1": (baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: "1.1" }),
  "gRPC-Web over HTTP/2": (baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: "2" }),
  "Connect with JSON over HTTP/1.1": (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "1.1" }),
  "Connect over HTTP/2": (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "2", useBinaryFormat: true }),
};

describe.each(Object.entries(PROTOCOLS))("a second service over %s", (_, transport) => {
  const call = async (input: Partial<Name>, authorization = "alice") => {
    const { message } = await transport(`http://127.0.0.1:${port}`).unary(
      look,
      undefined,
      undefined,
      { authorization },
      input,
    );
    return message;
  };
  const errorOf = (input: Partial<Name>, authorization?: string) =>
    call(input, authorization).then(() => Promise.reject(new Error("the call has succeeded")), ConnectError.from);

  it("gets requests and sends responses, beside grep11.Crypto", async () => {
    const data = new Uint8Array(70_000).fill(7);
    expect(await call({ text: "key", data })).toMatchObject({ text: "KEY", data });
    expect(seen).toMatchObject([{ text: "key", principal: "alice" }]);
    const crypto = createClient(wire.Crypto, transport(`http://127.0.0.1:${port}`));
    await crypto.getMechanismList({}, { headers: { authorization: "bob" } });
    expect(rpcs).toEqual(["test.Names/Look", "grep11.Crypto/GetMechanismList"]);
    await expect
      .poll(() => records)
      .toMatchObject([
        { service: "test.Names", rpc: "Look", action: "look", mechanisms: [], rv: ck.CKR_OK },
        { service: "grep11.Crypto", rpc: "GetMechanismList" },
      ]);
  });

  it("is subject to admission", async () => {
    expect(await errorOf({ text: "key" }, "bob")).toMatchObject({
      code: Code.PermissionDenied,
      rawMessage: "CKR_FUNCTION_REJECTED",
    });
    expect(seen).toHaveLength(0);
    expect(rpcs).toHaveLength(0);
  });

  it("is subject to its own limit", async () => {
    const error = await errorOf({ data: new Uint8Array(100_001) });
    expect(error).toMatchObject({ code: Code.ResourceExhausted, rawMessage: "CKR_IBM_TRANSPORT_LIMIT" });
    expect(seen).toHaveLength(0);
  });

  it("fails with a Grep11Error", async () => {
    const error = await errorOf({ text: "unknown" });
    expect(error).toMatchObject({ code: Code.Unknown, rawMessage: "CKR_OBJECT_HANDLE_INVALID" });
    const [detail] = error.findDetails(Grep11ErrorSchema);
    expect(detail?.Detail).toBe("CKR_OBJECT_HANDLE_INVALID in Look: there is no such name");
    expect(decodeError(detail!)).toMatchObject({ rv: ck.CKR_OBJECT_HANDLE_INVALID, detail: "there is no such name" });
  });
});

describe("a second service", () => {
  it("refuses what is not one of its messages", async () => {
    const raw = new RawGrpc(`http://127.0.0.1:${port}`);
    const path = "/test.Names/Look";
    const headers = { authorization: "alice" };
    const good = envelope(toBinary(look.input, create(look.input, { text: "key" } as Record<string, unknown>)));
    expect((await raw.send({ path, headers, body: [good] })).trailers["grpc-status"]).toBe("0");
    const bad = await raw.send({ path, headers, body: [envelope(Buffer.alloc(40, 0xff))] });
    expect(bad.trailers["grpc-message"]).toBe("CKR_IBM_GREP11_CANNOT_UNMARSHAL");
    const unknown = await raw.send({ path: "/test.Names/Find", headers, body: [good] });
    expect(unknown.headers["grpc-message"]).toBe("CKR_FUNCTION_NOT_SUPPORTED");
    raw.close();
  });

  it("has a health of its own name", async () => {
    const client = createClient(health.Health, createGrpcTransport({ baseUrl: `http://127.0.0.1:${port}` }));
    const { status } = await client.check({ service: "test.Names" });
    expect(status).toBe(health.HealthCheckResponse_ServingStatus.SERVING);
  });

  it("needs a handler for every method, a name of its own, and no streams", () => {
    expect(() => createService(NAMES, {} as ServiceHandlers<DescService>)).toThrow("Look has no handler");
    expect(() => createService(health.Health, {} as ServiceHandlers<typeof health.Health>)).toThrow(TypeError);
    const twice = [createService(NAMES, handlers), createService(NAMES, handlers)];
    expect(() => createTestServer({ ep11: createDouble().ep11, services: twice })).toThrow("two services");
  });
});
