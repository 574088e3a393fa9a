import { expect, test } from "vitest";
import { describeVectors, hex } from "../../../test/vectors.ts";
import { eip2333ChildKey, eip2333MasterKey } from "./eip2333.ts";

interface Case {
  readonly name: string;
  readonly function: string;
  readonly seed?: string;
  readonly keyInfo: string;
  readonly masterKey?: string;
  readonly parentKey?: string;
  readonly index: number;
  readonly childKey: string;
}

describeVectors<{ readonly cases: readonly Case[] }>("ep11/key-derivation.json", ({ cases }) => {
  test.each(cases.filter((each) => each.function === "EIP-2333"))("$name", (each) => {
    const keyInfo = hex(each.keyInfo);
    const parent = each.seed === undefined ? hex(each.parentKey!) : eip2333MasterKey(hex(each.seed), keyInfo);
    if (each.masterKey !== undefined) expect(parent).toEqual(hex(each.masterKey));
    expect(eip2333ChildKey(parent, each.index)).toEqual(hex(each.childKey));
  });
});
