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
  // Without the last word the master keeps the connection open.
  const ask = (line: string) => askSocket(socket, `${line};quit`);
  const found = await Promise.all(
    parseReplaced(await ask('show proc')).map(async (pid) => {
      const statistics = await ask(`@!${pid} show stat -1 4 -1`);
      // Gone between the two questions.
      return statistics.startsWith('# ') ? [{ pid, stamps: listUsed(statistics) }] : [];
    }),
  );
  return found.flat();
}

function listUsed(statistics: string): string[] {
  const used = parseServers(statistics).filter(
    ({ backend, weight, status }) => isServingPool(backend) && weight > 0 && !status.startsWith('MAINT'),
  );
  return [...new Set(used.map(({ name }) => name))];
}

/** Its table has a part for every kind of process. */
function parseReplaced(text: string): number[] {
  const old = /^# old workers\n((?:[^#].*\n)*)/m.exec(text)?.[1] ?? '';
  return [...old.matchAll(/^(\d+)\s+worker\b/gm)].map(([, pid]) => Number(pid));
}
