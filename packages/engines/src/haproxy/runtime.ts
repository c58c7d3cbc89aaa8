import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { askSocket } from './ask-socket.ts';
import { type HaproxyServer, parseServers } from './server-statistics.ts';

export interface HaproxyInfo {
  version: string;
  pid: number;
  description: string;
}

/** One look at HAProxy. */
export interface HaproxyState {
  info: HaproxyInfo;
  servers: HaproxyServer[];
  /** Key to value of the map that was asked for; empty when it has none of that name. */
  map: Map<string, string>;
}

/** The Runtime API of one HAProxy. Commands never overlap: it answers few connections at a time (`stats maxconn`). */
export interface HaproxyRuntime {
  /** Sends commands that answer nothing when they succeed; throws AON_UNREACHABLE, or AON_INTERNAL with what was answered. */
  apply(commands: readonly string[]): Promise<void>;
  /** Throws AON_UNREACHABLE. */
  look(mapFile: string): Promise<HaproxyState>;
  /** The text that `load-server-state-from-file` reads. */
  showServersState(): Promise<string>;
}

/** HAProxy takes a line of at most 16 KiB. */
const lineLengthMax = 8000;

export function createHaproxyRuntime(socketPath: string): HaproxyRuntime {
  let last: Promise<unknown> = Promise.resolve();
  const ask = (line: string): Promise<string> => {
    const answer = last.then(() => askSocket(socketPath, line));
    last = answer.catch(() => {});
    return answer;
  };

  return {
    async apply(commands) {
      for (const line of toLines(commands)) {
        const answer = (await ask(line)).trim();
        if (answer !== '') throw new AlwaysOnError('AON_INTERNAL', `HAProxy refused a command: ${answer}`);
      }
    },
    async look(mapFile) {
      const answer = await ask(`show info;show stat -1 4 -1;show map ${mapFile}`);
      const [info = '', servers = '', map = ''] = answer.split('\n\n');
      return { info: parseInfo(info), servers: parseServers(servers), map: parseMap(map) };
    },
    showServersState: () => ask('show servers state'),
  };
}

function toLines(commands: readonly string[]): string[] {
  const lines: string[] = [];
  for (const command of commands) {
    const line = lines.at(-1);
    if (line === undefined || line.length + command.length >= lineLengthMax) lines.push(command);
    else lines[lines.length - 1] = `${line};${command}`;
  }
  return lines;
}

function parseInfo(text: string): HaproxyInfo {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1] ?? '';
  return { version: field('Version'), pid: Number(field('Pid')), description: field('description') };
}

/** Lines such as `0x7fc220047a50 checkout detour0`. */
function parseMap(text: string): Map<string, string> {
  const entries = [...text.matchAll(/^0x\S+ (\S+) (\S+)$/gm)];
  return new Map(entries.map(([, key = '', value = '']) => [key, value]));
}
