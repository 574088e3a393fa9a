/**
 * Calls the server with another gRPC stack, which shares no code with this project and reads our .proto files itself.
 */

import { fileURLToPath } from "node:url";
import type * as ck from "@grep11/cryptoki";
import * as grpc from "@grpc/grpc-js";
import { load } from "@grpc/proto-loader";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeCertificates } from "../test/certificates.ts";
import { createDouble } from "../test/ep11-double.ts";
import { createTestServer } from "../test/server.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const key: ck.KeyBlob = {
  keyBlobId: Uint8Array.of(1),
  version: 0,
  txId: Uint8Array.of(2),
  attributes: new Map<number, boolean | number | Uint8Array>([
    [0x108, true],
    [0x161, 32],
    [3, Uint8Array.of(9)],
  ]),
  keyBlobs: [Uint8Array.of(7, 7)],
};
const { ep11, calls } = createDouble({
  generateKey: async () => ({ checkSum: Uint8Array.of(3), key }),
  encryptSingle: async ({ plain }) => ({ ciphered: plain }),
});
const server = createTestServer({ ep11 });

type Call = (
  request: object,
  metadata: grpc.Metadata,
  done: (error: grpc.ServiceError | null, answer: never) => void,
) => void;
let client: grpc.Client & Record<string, Call>;

beforeAll(async () => {
  const definition = await load("grep11/server.proto", {
    includeDirs: [`${root}proto`],
    keepCase: true,
    longs: String,
    enums: String,
    defaults: true,
    oneofs: true,
  });
  const { grep11 } = grpc.loadPackageDefinition(definition) as unknown as {
    grep11: { Crypto: new (address: string, credentials: grpc.ChannelCredentials) => typeof client };
  };
  const certificates = await makeCertificates();
  const listener = await server.listen({
    port: 0,
    tls: certificates.server,
    bearer: (token) => (token === "good" ? { name: "alice" } : undefined),
  });
  client = new grep11.Crypto(
    `localhost:${listener.port}`,
    grpc.credentials.createSsl(Buffer.from(certificates.ca.cert)),
  );
});
afterAll(async () => {
  client.close();
  await server.close({ graceMs: 0 });
});

function call(rpc: string, request: object, token = "Bearer good"): Promise<Record<string, unknown>> {
  const metadata = new grpc.Metadata();
  metadata.set("authorization", token);
  metadata.set("bluemix-instance", "any");
  return new Promise((resolve, reject) =>
    client[rpc]!(request, metadata, (error, answer) => (error === null ? resolve(answer) : reject(error))),
  );
}

describe("grpc-js", () => {
  it("generates a key from a template, and reads it in both forms", async () => {
    const Template = { 353: { AttributeI: "32" }, 260: { AttributeTF: true }, 3: { AttributeB: Buffer.from("x") } };
    const answer = await call("GenerateKey", { Mech: { Mechanism: 0x1080 }, Template });
    expect(answer.KeyBytes).toEqual(Buffer.of(7, 7));
    // This gRPC stack returns the keys of maps with 64-bit keys as eight raw bytes.
    const { KeyBlobs, Attributes } = answer.Key as { KeyBlobs: Buffer[]; Attributes: Record<string, object> };
    expect(KeyBlobs).toEqual([Buffer.of(7, 7)]);
    expect(Object.values(Attributes)).toContainEqual(expect.objectContaining({ AttributeI: "32" }));
    const { mech, template } = calls.at(-1)!.request as ck.GenerateKeyRequest;
    expect(mech).toEqual({ mechanism: 0x1080 });
    expect(new Map(template)).toEqual(
      new Map<number, unknown>([
        [3, Uint8Array.of(0x78)],
        [260, true],
        [353, 32],
      ]),
    );
  });

  it("sends keys in the form of the first protocol generation", async () => {
    const answer = await call("EncryptSingle", {
      Mech: { Mechanism: 1 },
      Plain: Buffer.from("data"),
      KeyBytes: Buffer.of(5),
    });
    expect(answer.Ciphered).toEqual(Buffer.from("data"));
    expect(calls.at(-1)!.request).toMatchObject({ key: Uint8Array.of(5) });
  });

  it("gets errors as status and detail", async () => {
    const error = (await call("VerifySingle", { Mech: { Mechanism: 1 } }).catch(
      (thrown: unknown) => thrown,
    )) as grpc.ServiceError;
    expect(error.code).toBe(grpc.status.UNKNOWN);
    expect(error.details).toBe("CKR_SIGNATURE_INVALID");
    expect(error.metadata.get("grpc-status-details-bin")).toHaveLength(1);
    const denied = (await call("GetMechanismList", {}, "bad").catch((thrown: unknown) => thrown)) as grpc.ServiceError;
    expect(denied.code).toBe(grpc.status.UNAUTHENTICATED);
  });
});
