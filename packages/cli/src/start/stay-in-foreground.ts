import type { Environment } from '@alwayson/protocol/environment.ts';
import type { Event } from '@alwayson/protocol/operations.ts';
import { createControlPlaneClient } from '../client/control-plane-client.ts';
import { followStream } from '../client/follow-stream.ts';
import { findEnvironmentProcesses } from '../environment/process-table.ts';
import type { CommandIo } from '../output/command-io.ts';
import { renderEvent } from '../output/render-event.ts';

/** Tells what happens, one line an event, until `signal` ends it or somebody else has stopped the environment. */
export async function stayInForeground(
  environment: Environment,
  { signal, io }: { signal: AbortSignal; io: CommandIo },
): Promise<void> {
  const client = createControlPlaneClient(environment);
  const seen = (await client.events({ limit: 1000 }).catch(() => [])).at(-1)?.seq ?? 0;
  let isAway = false;
  for await (const message of followStream(client, { signal, after: seen })) {
    if (message.type === 'disconnected') {
      if (findEnvironmentProcesses(environment.stateDir).length === 0) {
        io.note('The environment was stopped.');
        return;
      }
      if (!isAway) io.note('The control plane is away; the workload serves on without it.');
      isAway = true;
      continue;
    }
    if (isAway) io.note('The control plane is back.');
    isAway = false;
    if (message.type === 'event' && isNotable(message.event)) io.note(renderEvent(message.event, io.out));
  }
}

/** Not every unit that becomes ready: `./alwayson events` has all of it. */
function isNotable({ severity, type }: Event): boolean {
  return severity !== 'info' || !/^(unit|routes|gateway)\./.test(type);
}
