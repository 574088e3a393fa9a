import { create, toBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import * as wire from "../gen/grep11/server_pb.ts";
import { bytesMessageWriter } from "./bytes-message.ts";

describe("bytesMessageWriter", () => {
  const { EncryptUpdateResponseSchema: schema } = wire;
  const write = bytesMessageWriter(schema)!;

  it.each([0, 1, 127, 128, 1024, 16_383, 16_384, 70_000, 3_000_000])(
    "writes what protobuf writes: %i bytes",
    (length) => {
      const message = create(schema);
      message.State = new Uint8Array(length).fill(1);
      message.Ciphered = new Uint8Array(300).fill(2);
      expect(Buffer.compare(write(message), toBinary(schema, message))).toBe(0);
    },
  );

  it("refuses what is not bytes", () => {
    expect(() => write({ ...create(schema), State: "text" })).toThrow(TypeError);
  });

  it("leaves out empty fields", () => {
    expect(write(create(schema))).toEqual(new Uint8Array(0));
  });

  it.each([wire.MechanismSchema, wire.KeyBlobSchema, wire.GenerateKeyResponseSchema, wire.GenerateRandomRequestSchema])(
    "is not for messages with other fields: $name",
    (other) => {
      expect(bytesMessageWriter(other)).toBeUndefined();
    },
  );
});
