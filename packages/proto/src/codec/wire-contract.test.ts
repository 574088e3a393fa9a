/**
 * Compares the .proto files with the published wire contract, if its data is next to the repository (../shared/spec/wire.json).
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import * as ck from "@grep11/cryptoki";
import { describe, expect, it } from "vitest";
import { file_grep11_errors } from "../gen/grep11/errors_pb.ts";
import { Crypto, file_grep11_server } from "../gen/grep11/server_pb.ts";

type Field = [number: number, type: string, name: string];
interface Contract {
  rpcs: [name: string, request: string, response: string][];
  messages: Record<
    string,
    { fields: Field[]; oneof?: Record<string, Field[]>; enums?: Record<string, Record<string, number>> }
  >;
}

const path = fileURLToPath(new URL("../../../../../shared/spec/wire.json", import.meta.url));
const contract = existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Contract) : undefined;
if (contract === undefined)
  console.log("wire contract: skipped, there is no ../shared/spec/wire.json beside the project");

const messages = new Map<string, DescMessage>(
  [file_grep11_server, file_grep11_errors].flatMap((file) => file.messages).map((message) => [message.name, message]),
);

const scalarName = (scalar: ScalarType) => ScalarType[scalar].toLowerCase();

function typeName(field: DescField): string {
  switch (field.fieldKind) {
    case "scalar":
      return scalarName(field.scalar);
    case "message":
      return field.message.name;
    case "enum":
      return field.enum.name;
    case "list":
      return `repeated ${field.listKind === "scalar" ? scalarName(field.scalar) : "other"}`;
    case "map": {
      const value = field.mapKind === "scalar" ? scalarName(field.scalar) : (field.message?.name ?? "enum");
      return `map<${scalarName(field.mapKey)},${value}>`;
    }
  }
}

describe("the service", () => {
  it("has one RPC for each of the 40 methods, in order", () => {
    expect(Crypto.methods.map((method) => method.localName)).toEqual(ck.EP11_METHODS);
    expect(Crypto.typeName).toBe("grep11.Crypto");
    expect(Crypto.methods.every((method) => method.methodKind === "unary")).toBe(true);
  });
});

describe.skipIf(contract === undefined)("the published contract", () => {
  it("has the same service", () => {
    expect(Crypto.methods.map(({ name, input, output }) => [name, input.name, output.name])).toEqual(contract?.rpcs);
  });

  it.each(Object.entries(contract?.messages ?? {}))("is the same in %s", (name, { fields, oneof = {}, enums = {} }) => {
    const message = messages.get(name);
    const ours = message?.fields.map((field) => [field.number, typeName(field), field.name, field.oneof?.name]);
    const theirs = [
      ...fields.map((field) => [...field, undefined]),
      ...Object.entries(oneof).flatMap(([group, members]) => members.map((member) => [...member, group])),
    ];
    for (const field of theirs) expect(ours).toContainEqual(field);
    for (const [enumName, values] of Object.entries(enums)) {
      const found = message?.nestedEnums.find((candidate) => candidate.name === enumName);
      expect(Object.fromEntries(found?.values.map((value) => [value.name, value.number]) ?? [])).toEqual(values);
    }
  });

  it("lacks only the older forms", () => {
    const extra = [...messages.values()].flatMap(({ name, fields }) => {
      const known = contract?.messages[name];
      const names = new Set(
        [...(known?.fields ?? []), ...Object.values(known?.oneof ?? {}).flat()].map(([, , n]) => n),
      );
      return fields.filter((field) => !names.has(field.name)).map((field) => field.name);
    });
    expect(extra.filter((name) => !/(Bytes|Id)$|^OldMech$/.test(name))).toEqual([]);
  });
});

it("older forms have the numbers that old clients use", () => {
  const older = [...messages.values()].flatMap(({ name, fields }) =>
    name.endsWith("Request")
      ? fields
          .filter((field) => /(Bytes|Id)$|^OldMech$/.test(field.name))
          .map((field) => `${name}.${field.name}=${field.number}`)
      : [],
  );
  expect(older.map((entry) => entry.replace("Request.", " "))).toEqual([
    "DigestKey KeyBytes=2",
    "EncryptInit KeyBytes=3",
    "DecryptInit KeyBytes=3",
    "EncryptSingle KeyBytes=1",
    "DecryptSingle KeyBytes=1",
    "SignInit PrivKeyBytes=3",
    "VerifyInit PubKeyBytes=3",
    "SignSingle PrivKeyBytes=1",
    "VerifySingle PubKeyBytes=1",
    "ReencryptSingle DecKeyBytes=1",
    "ReencryptSingle EncKeyBytes=2",
    "GenerateKey TemplateBytes=2",
    "GenerateKey KeyId=4",
    "GenerateKeyPair PubKeyTemplateBytes=2",
    "GenerateKeyPair PrivKeyTemplateBytes=3",
    "GenerateKeyPair PrivKeyId=5",
    "GenerateKeyPair PubKeyId=6",
    "WrapKey KeyBytes=1",
    "WrapKey KeKBytes=2",
    "WrapKey MacKeyBytes=3",
    "UnwrapKey KeKBytes=2",
    "UnwrapKey MacKeyBytes=3",
    "UnwrapKey TemplateBytes=6",
    "UnwrapKey UnwrappedId=7",
    "DeriveKey TemplateBytes=2",
    "DeriveKey BaseKeyBytes=3",
    "DeriveKey NewKeyId=6",
    "GetMechanismInfo OldMech=1",
    "GetAttributeValue AttributesBytes=2",
    "SetAttributeValue AttributesBytes=2",
    "RewrapKeyBlob WrappedKeyBytes=1",
  ]);
});
