import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as ck from "./index.ts";

type Tables = Record<string, Record<string, [number: string, source: string]>>;
const { about: _, ...tables } = JSON.parse(
  readFileSync(new URL("../data/constants.json", import.meta.url), "utf8"),
) as Tables;
const exported = ck as unknown as Readonly<Record<string, unknown>>;
const PREFIXES = /^CK[AFKMORDG]_/;
const constants = Object.entries(exported).filter(
  (entry): entry is [string, number] => PREFIXES.test(entry[0]) && typeof entry[1] === "number",
);

describe("constants", () => {
  it("have the numbers of the headers, neither negative nor rounded", () => {
    expect(constants.length).toBeGreaterThan(900);
    const known = new Map(
      Object.values(tables).flatMap((table) => Object.entries(table).map(([n, [v]]) => [n, Number(v)])),
    );
    for (const [name, value] of constants) {
      expect(Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff, name).toBe(true);
      if (known.has(name)) expect(value, name).toBe(known.get(name));
    }
  });

  it("keep vendor numbers above 2^31 positive", () => {
    expect(ck.CKM_IBM_DILITHIUM).toBe(0x80010023);
    expect(ck.CKR_IBM_BLOB_ERROR).toBe(0x80010004);
    expect(ck.CKR_IBM_GREP11_NOT_AUTHENTICATED).toBe(0x80040001);
  });
});

describe("names", () => {
  const tables = [
    ["CKM_", ck.ckmName, ck.ckmNumber],
    ["CKA_", ck.ckaName, ck.ckaNumber],
    ["CKR_", ck.ckrName, ck.ckrNumber],
    ["CKK_", ck.ckkName, ck.ckkNumber],
    ["CKO_", ck.ckoName, ck.ckoNumber],
    ["CKD_", ck.ckdName, ck.ckdNumber],
  ] as const;

  it.each(tables)("of %s are found with and without prefix, and their number has a name", (prefix, name, number) => {
    const own = constants.filter(([constant]) => constant.startsWith(prefix));
    expect(own.length).toBeGreaterThan(5);
    for (const [constant, value] of own) {
      expect(number(constant), constant).toBe(value);
      expect(number(constant.slice(prefix.length)), constant).toBe(value);
      expect(number(name(value)), constant).toBe(value);
    }
  });

  it.each(tables)("of %s exist for unknown numbers, and are parsed again", (prefix, name, number) => {
    expect(name(0x8fff_fff1)).toBe(`${prefix}0x8ffffff1`);
    expect(number(name(0x8fff_fff1))).toBe(0x8fff_fff1);
    expect(number("0x8ffffff1")).toBe(0x8fff_fff1);
    for (const wrong of ["", "no such name", "-1", "0x123456789", "1e3"]) expect(number(wrong)).toBeUndefined();
  });

  it("are those of the standard if a deprecated name has the same number", () => {
    expect(ck.ckmName(ck.CKM_ECDSA_KEY_PAIR_GEN)).toBe("CKM_EC_KEY_PAIR_GEN");
    expect(ck.ckkName(ck.CKK_EC)).toBe("CKK_EC");
    expect(ck.ckmName(ck.CKM_RSA_PKCS)).toBe("CKM_RSA_PKCS");
  });

  it("of flags are a list", () => {
    expect(ck.ckfNames(ck.CKF_ENCRYPT | ck.CKF_DECRYPT)).toEqual(["CKF_ENCRYPT", "CKF_DECRYPT"]);
  });
});

describe("attributes", () => {
  it.each([
    [ck.CKA_EXTRACTABLE, "boolean"],
    [ck.CKA_VALUE_LEN, "integer"],
    [ck.CKA_EC_PARAMS, "bytes"],
    [0x8fff_fff1, "bytes"],
  ] as const)("%i is a %s", (attribute, kind) => {
    expect(ck.attributeKind(attribute)).toBe(kind);
  });
});

it.each([
  [ck.CKA_CLASS, true],
  [ck.CKA_EC_PARAMS, true],
  [ck.CKA_IBM_USE_AS_DATA, true],
  [ck.CKA_GREP11_NEXTWKID, true],
  [ck.CKA_VENDOR_DEFINED, false],
  [0x5008, false],
  [0x80015008, false],
  [0xffffffff, false],
])("attribute %i is known: %s", (attribute, known) => {
  expect(ck.isKnownAttribute(attribute)).toBe(known);
});

describe("Ep11", () => {
  it("has 40 methods with different names", () => {
    expect(ck.EP11_METHODS).toHaveLength(40);
    expect(new Set(ck.EP11_METHODS).size).toBe(40);
  });
});

describe("CkError", () => {
  it("starts its message with the name of the return value", () => {
    expect(ck.CkError.signatureInvalid().message).toBe("CKR_SIGNATURE_INVALID");
    expect(ck.CkError.argumentsBad("no data").message).toBe("CKR_ARGUMENTS_BAD: no data");
    expect(new ck.CkError(0x8fff_fff1).message).toBe("CKR_0x8ffffff1");
  });

  it("is returned by `from` as it is, and other errors become CKR_GENERAL_ERROR", () => {
    const known = ck.CkError.dataLenRange("too long");
    expect(ck.CkError.from(known)).toBe(known);
    const cause = new Error("with a secret in it");
    const hidden = ck.CkError.from(cause);
    expect(hidden).toMatchObject({ rv: ck.CKR_GENERAL_ERROR, retry: false, cause });
    expect(hidden.message).not.toContain("secret");
  });

  it("names attributes and mechanisms", () => {
    expect(ck.CkError.templateIncomplete(ck.CKA_VALUE_LEN).detail).toBe("CKA_VALUE_LEN is missing");
    expect(ck.CkError.mechanismInvalid(ck.CKM_AES_CBC, "takes no parts").detail).toBe("CKM_AES_CBC takes no parts");
  });
});

describe("CkError for programs", () => {
  const error = new ck.CkError(ck.CKR_DEVICE_MEMORY, "too much at once", { retry: true, cause: new Error("a secret") });

  it("has a code like errors of Node", () => {
    expect(error.code).toBe("CKR_DEVICE_MEMORY");
    expect(new ck.CkError(0x80019999).code).toBe("CKR_0x80019999");
  });

  it("contains everything but its cause in JSON", () => {
    expect(JSON.parse(JSON.stringify({ error }))).toEqual({
      error: {
        name: "CkError",
        code: "CKR_DEVICE_MEMORY",
        message: "CKR_DEVICE_MEMORY: too much at once",
        rv: ck.CKR_DEVICE_MEMORY,
        retry: true,
      },
    });
  });

  it("has a cause only if one was passed", () => {
    expect("cause" in error).toBe(true);
    expect("cause" in new ck.CkError(ck.CKR_DEVICE_MEMORY)).toBe(false);
  });
});
