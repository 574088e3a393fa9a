/** Identifies a process by a text from which other processes can tell whether it still runs. */
import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** Returns the id and start time of this process with a hash of machine, boot and PID namespace: "4711.182734.9f3ac012". */
export function ownIdentity(): string {
  return `${process.pid}.${startOf(process.pid)?.time ?? 0}.${namespaceHash()}`;
}

/** Tells whether a process still runs. This is unknown on other machines and in other containers. */
export function livenessOf(identity: string): "alive" | "gone" | "unknown" {
  const [, pid, time, scope] = /^(\d+)\.(\d+)\.([0-9a-f]{8})$/.exec(identity) ?? [];
  if (scope !== namespaceHash()) return "unknown";
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return "gone";
  }
  const start = startOf(Number(pid));
  if (start === undefined) return "alive";
  return start.isZombie || String(start.time) !== time ? "gone" : "alive";
}

/** Returns when a process started, in clock ticks since boot (proc_pid_stat(5), field 22). Without /proc: undefined. */
function startOf(pid: number): { readonly time: number; readonly isZombie: boolean } | undefined {
  const text = readOrEmpty(() => readFileSync(`/proc/${pid}/stat`, "latin1"));
  // The program name is in parentheses and may contain spaces.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return fields[19] === undefined ? undefined : { time: Number(fields[19]), isZombie: fields[0] === "Z" };
}

function namespaceHash(): string {
  const boot = readOrEmpty(() => readFileSync("/proc/sys/kernel/random/boot_id", "latin1"));
  const namespace = readOrEmpty(() => readlinkSync("/proc/self/ns/pid"));
  return createHash("sha256").update(`${hostname()} ${boot} ${namespace}`).digest("hex").slice(0, 8);
}

function readOrEmpty(read: () => string): string {
  try {
    return read();
  } catch {
    return "";
  }
}
