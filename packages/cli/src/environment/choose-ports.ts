import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { listEnvironments } from './list-environments.ts';
import { tryListen } from './loopback.ts';
import { mainEnvironment, type StateFolder, toMainFolder } from './state-folder.ts';

const first = { frontDoor: 8080, console: 8900 };
const triesMax = 100;

export interface DoorPorts {
  frontDoor: number;
  console: number;
}

/** The usual ports for the main environment; for one beside it the next that are free, and that no other environment has. */
export async function choosePorts(folder: Pick<StateFolder, 'name' | 'path'>): Promise<DoorPorts> {
  if (folder.name === mainEnvironment) return first;
  const others = listEnvironments(toMainFolder(folder));
  const taken = new Set(others.flatMap(({ frontDoor, console }) => [frontDoor.port, console.port]));
  const frontDoor = await findFree(first.frontDoor + 1, taken);
  return { frontDoor, console: await findFree(first.console + 1, taken) };
}

async function findFree(from: number, taken: ReadonlySet<number>): Promise<number> {
  for (let port = from; port < from + triesMax; port += 1) {
    if (!taken.has(port) && (await tryListen('127.0.0.1', port)) === 'free') return port;
  }
  throw new AlwaysOnError('AON_PORT_TAKEN', `No port from ${from} to ${from + triesMax - 1} is free.`, {
    hint: 'Name two with --port N and --console-port N.',
  });
}
