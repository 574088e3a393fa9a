import { expect, it } from "vitest";
import { selfTimes } from "./profile.ts";

const frame = (functionName: string, url = "") => ({
  functionName,
  url,
  scriptId: "0",
  lineNumber: 4,
  columnNumber: 0,
});

it("adds up the time of each function, without idle time", () => {
  const nodes = [
    { id: 1, callFrame: frame("(idle)") },
    { id: 2, callFrame: frame("f", "file:///a/b/c/d.js") },
    { id: 3, callFrame: frame("", "file:///a/b/c/d.js") },
    { id: 4, callFrame: frame("f", "file:///a/b/c/d.js") },
  ];
  const profile = { nodes, startTime: 0, endTime: 100, samples: [1, 2, 3, 4, 1], timeDeltas: [0, 50, 20, 20, 60] };
  expect(selfTimes(profile)).toEqual([
    { name: "f a/b/c/d.js:5", share: 0.8 },
    { name: "(anonymous) a/b/c/d.js:5", share: 0.2 },
  ]);
});
