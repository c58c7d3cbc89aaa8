import { askSocket } from './ask-socket.ts';
import { isServingPool } from './gateway-pools.ts';
import { parseServers } from './server-statistics.ts';

/** In HAProxy's folder. Its master answers there, and passes questions on to every process it has. */
export const masterSocketName = 'master.sock';

/** How a gateway's HAProxy is started; in its folder, because unix socket paths are limited to 108 bytes. */
export function toHaproxyCommand(configFile: string): string[] {
  return ['haproxy', '-W', '-db', '-S', `unix@${masterSocketName},mode,600`, '-f', configFile];
}

/** A process that a reload replaced: it answers the clients that it has, who may each send one more request. */
export interface ReplacedProcess {
  pid: number;
  /** Stamps to which it would send one. */
  stamps: string[];
}

/** The replaced processes that are still there. Throws AON_UNREACHABLE. */
export async function listReplaced(socket: string): Promise<ReplacedProcess[]> {
  const processes = await askSocket(socket, 'show proc;quit');
  return Promise.all(
    parseReplaced(processes).map(async (pid) => {
      const servers = parseServers(await askSocket(socket, `@!${pid} show stat -1 4 -1`));
      const used = servers.filter(
        ({ backend, weight, status }) => isServingPool(backend) && weight > 0 && !status.startsWith('MAINT'),
      );
      return { pid, stamps: [...new Set(used.map(({ name }) => name))] };
    }),
  );
}

/** Its table has a part for every kind of process. */
function parseReplaced(text: string): number[] {
  const old = /^# old workers\n((?:[^#].*\n)*)/m.exec(text)?.[1] ?? '';
  return [...old.matchAll(/^(\d+)\s+worker\b/gm)].map(([, pid]) => Number(pid));
}
