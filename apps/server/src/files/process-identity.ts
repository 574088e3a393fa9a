/** A text that identifies a process until the machine reboots, and from which others can tell whether it still runs. */
import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/**
 * The identity of this process: its id, its start time, and a hash of machine, boot and PID namespace, because a volume
 * may be shared by containers and hosts. Such as "4711.182734.9f3ac012".
 */
export function ownIdentity(): string {
  return `${process.pid}.${startOf(process.pid)?.time ?? 0}.${namespaceHash()}`;
}

/**
 * Whether the process still runs; unknown if it belongs to another machine or container, or `identity` is malformed.
 */
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

/** Start time in ticks since boot, from /proc/PID/stat (proc_pid_stat(5), fields 3 and 22); undefined without /proc. */
function startOf(pid: number): { readonly time: number; readonly isZombie: boolean } | undefined {
  const text = readOr("", () => readFileSync(`/proc/${pid}/stat`, "latin1"));
  // The program name, in parentheses, may contain spaces.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return fields[19] === undefined ? undefined : { time: Number(fields[19]), isZombie: fields[0] === "Z" };
}

function namespaceHash(): string {
  const boot = readOr("", () => readFileSync("/proc/sys/kernel/random/boot_id", "latin1"));
  const namespace = readOr("", () => readlinkSync("/proc/self/ns/pid"));
  return createHash("sha256").update(`${hostname()} ${boot} ${namespace}`).digest("hex").slice(0, 8);
}

function readOr<T>(otherwise: T, read: () => T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
