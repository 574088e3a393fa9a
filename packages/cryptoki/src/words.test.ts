import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as words from "./index.ts";
import { attributeKind, CKR_DEVICE_MEMORY, CkError, EP11_METHODS, isKnownAttribute } from "./index.ts";

type Facts = Record<string, Record<string, [number: string, source: string]>>;
const { about: _, ...facts } = JSON.parse(
  readFileSync(new URL("../data/constants.json", import.meta.url), "utf8"),
) as Facts;
const exported = words as unknown as Readonly<Record<string, unknown>>;
const PREFIXES = /^CK[AFKMORDG]_/;
const constants = Object.entries(exported).filter(
  (entry): entry is [string, number] => PREFIXES.test(entry[0]) && typeof entry[1] === "number",
);

describe("constants", () => {
  it("have the numbers of the headers, and none is negative or rounded", () => {
    expect(constants.length).toBeGreaterThan(900);
    const known = new Map(
      Object.values(facts).flatMap((table) => Object.entries(table).map(([n, [v]]) => [n, Number(v)])),
    );
    for (const [name, value] of constants) {
      expect(Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff, name).toBe(true);
      if (known.has(name)) expect(value, name).toBe(known.get(name));
    }
  });

  it("keep vendor numbers above 2^31 positive", () => {
    expect(words.CKM_IBM_DILITHIUM).toBe(0x80010023);
    expect(words.CKR_IBM_BLOB_ERROR).toBe(0x80010004);
    expect(words.CKR_IBM_GREP11_NOT_AUTHENTICATED).toBe(0x80040001);
  });
});

describe("names", () => {
  const tables = [
    ["CKM_", words.ckmName, words.ckmNumber],
    ["CKA_", words.ckaName, words.ckaNumber],
    ["CKR_", words.ckrName, words.ckrNumber],
    ["CKK_", words.ckkName, words.ckkNumber],
    ["CKO_", words.ckoName, words.ckoNumber],
    ["CKD_", words.ckdName, words.ckdNumber],
  ] as const;

  it.each(tables)(
    "of %s lead to their number, with and without prefix, and back to one that does",
    (prefix, name, number) => {
      const own = constants.filter(([constant]) => constant.startsWith(prefix));
      expect(own.length).toBeGreaterThan(5);
      for (const [constant, value] of own) {
        expect(number(constant), constant).toBe(value);
        expect(number(constant.slice(prefix.length)), constant).toBe(value);
        expect(number(name(value)), constant).toBe(value);
      }
    },
  );

  it.each(tables)("of %s exist for numbers nobody named, and parse back", (prefix, name, number) => {
    expect(name(0x8fff_fff1)).toBe(`${prefix}0x8ffffff1`);
    expect(number(name(0x8fff_fff1))).toBe(0x8fff_fff1);
    expect(number("0x8ffffff1")).toBe(0x8fff_fff1);
    for (const wrong of ["", "no such name", "-1", "0x123456789", "1e3"]) expect(number(wrong)).toBeUndefined();
  });

  it("are the standard's where an older spelling shares the number", () => {
    expect(words.ckmName(words.CKM_ECDSA_KEY_PAIR_GEN)).toBe("CKM_EC_KEY_PAIR_GEN");
    expect(words.ckkName(words.CKK_EC)).toBe("CKK_EC");
    expect(words.ckmName(words.CKM_RSA_PKCS)).toBe("CKM_RSA_PKCS");
  });

  it("of flags come as a list", () => {
    expect(words.ckfNames(words.CKF_ENCRYPT | words.CKF_DECRYPT)).toEqual(["CKF_ENCRYPT", "CKF_DECRYPT"]);
  });
});

describe("attributes", () => {
  it.each([
    [words.CKA_EXTRACTABLE, "boolean"],
    [words.CKA_VALUE_LEN, "integer"],
    [words.CKA_EC_PARAMS, "bytes"],
    [0x8fff_fff1, "bytes"],
  ] as const)("%i holds a %s", (attribute, kind) => {
    expect(attributeKind(attribute)).toBe(kind);
  });
});

it.each([
  [words.CKA_CLASS, true],
  [words.CKA_EC_PARAMS, true],
  [words.CKA_IBM_USE_AS_DATA, true],
  [words.CKA_GREP11_NEXTWKID, true],
  [words.CKA_VENDOR_DEFINED, false],
  [0x5008, false],
  [0x80015008, false],
  [0xffffffff, false],
])("attribute %i is known: %s", (attribute, known) => {
  expect(isKnownAttribute(attribute)).toBe(known);
});

describe("Ep11", () => {
  it("has 40 methods with different names", () => {
    expect(EP11_METHODS).toHaveLength(40);
    expect(new Set(EP11_METHODS).size).toBe(40);
  });
});

describe("CkError", () => {
  it("starts its message with the symbolic name", () => {
    expect(CkError.signatureInvalid().message).toBe("CKR_SIGNATURE_INVALID");
    expect(CkError.argumentsBad("no data").message).toBe("CKR_ARGUMENTS_BAD: no data");
    expect(new CkError(0x8fff_fff1).message).toBe("CKR_0x8ffffff1");
  });

  it("passes through `from`, and hides everything else behind CKR_GENERAL_ERROR", () => {
    const known = CkError.dataLenRange("too long");
    expect(CkError.from(known)).toBe(known);
    const cause = new Error("with a secret in it");
    const hidden = CkError.from(cause);
    expect(hidden).toMatchObject({ rv: words.CKR_GENERAL_ERROR, retry: false, cause });
    expect(hidden.message).not.toContain("secret");
  });

  it("names attributes and mechanisms as people know them", () => {
    expect(CkError.templateIncomplete(words.CKA_VALUE_LEN).detail).toBe("CKA_VALUE_LEN is missing");
    expect(CkError.mechanismInvalid(words.CKM_AES_CBC, "takes no parts").detail).toBe("CKM_AES_CBC takes no parts");
  });
});

describe("CkError for programs", () => {
  const error = new CkError(CKR_DEVICE_MEMORY, "too much at once", { retry: true, cause: new Error("a secret") });

  it("has the code that programs look for in errors of Node", () => {
    expect(error.code).toBe("CKR_DEVICE_MEMORY");
    expect(new CkError(0x80019999).code).toBe("CKR_0x80019999");
  });

  it("says everything but its cause in JSON", () => {
    expect(JSON.parse(JSON.stringify({ error }))).toEqual({
      error: {
        name: "CkError",
        code: "CKR_DEVICE_MEMORY",
        message: "CKR_DEVICE_MEMORY: too much at once",
        rv: CKR_DEVICE_MEMORY,
        retry: true,
      },
    });
  });

  it("has a cause only if it was given one", () => {
    expect("cause" in error).toBe(true);
    expect("cause" in new CkError(CKR_DEVICE_MEMORY)).toBe(false);
  });
});
