export interface RedisServerAddress {
  address: string;
  port: number;
  password: string;
}

/** Commands that stop a server for seconds or empty it by one slip. */
const disabledCommands = ['KEYS', 'FLUSHALL', 'FLUSHDB', 'SWAPDB', 'DEBUG', 'MIGRATE'];

/** What every Redis of ours has in common, then `lines`; logs go to standard output. */
export function renderRedisConfig(
  { address, port, password }: RedisServerAddress,
  lines: readonly string[],
): string {
  const all = [
    `bind ${address}`,
    `port ${port}`,
    'protected-mode yes',
    `requirepass ${password}`,
    ...disabledCommands.map((command) => `rename-command ${command} ""`),
    'daemonize no',
    // The title would be written over the environment, by which a host finds its units again.
    'set-proc-title no',
    'databases 1',
    'save ""',
    'hz 5',
    'maxclients 1000',
    'timeout 0',
    'tcp-keepalive 30',
    'always-show-logo no',
    ...lines,
  ];
  return `${all.join('\n')}\n`;
}
