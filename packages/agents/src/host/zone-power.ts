import { groupOf, isRunning, type ProcessIdentity } from '@alwayson/engines/process/identity.ts';
import { findMarked, killMarked } from '@alwayson/engines/process/marked-processes.ts';
import type { Environment } from '@alwayson/protocol/environment.ts';
import { taskMark, unitMark } from './host-config.ts';

/** Pulls the plug of another zone: its host with its process group, and whatever else runs there. Nothing is left after. */
export async function powerOffZone(
  environment: Environment,
  zone: string,
  host: ProcessIdentity | undefined,
): Promise<void> {
  if (host !== undefined && isRunning(host)) killGroupOf(host);
  // Outside that group: units that an earlier host started, PostgreSQL backends.
  await killMarked(unitMark(environment, zone), host);
  await killMarked(taskMark(environment, zone));
}

/** Pulls the plug of the own zone; this process ends with it. */
export function powerOffOwnZone(environment: Environment, zone: string, self: ProcessIdentity): void {
  const others = [...findMarked(unitMark(environment, zone)), ...findMarked(taskMark(environment, zone))];
  for (const { pid } of others) kill(pid);
  killGroupOf(self);
}

/** A host that does not lead its process group was started by hand in somebody else's: that group is not ours to kill. */
function killGroupOf(host: ProcessIdentity): void {
  kill(groupOf(host) === host.pid ? -host.pid : host.pid);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}
