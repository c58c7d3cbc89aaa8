import type { Durability } from '@alwayson/protocol/words.ts';
import { renderRedisConfig } from './redis-config.ts';

export interface QueueConfigOptions {
  address: string;
  port: number;
  password: string;
  durability: Durability;
}

/** No replica can be a thousand: a process refuses writes until it is told otherwise at run time. */
const fencedReplicas = 1000;
/** The user that replicas come as; off until the process is the primary, so that nobody copies from a restarted one. */
export const replicationUser = 'replication';

/**
 * A queue server's redis.conf. Whatever happened before, it starts as a primary that accepts no writes and hands out no
 * copies: a stale or emptied server can neither answer a producer nor overwrite its peer.
 */
export function renderQueueConfig({ address, port, password, durability }: QueueConfigOptions): string {
  return renderRedisConfig({ address, port, password }, [
    'dir ./data',
    'maxmemory 256mb',
    'maxmemory-policy noeviction',
    'appendonly yes',
    // Everysec: the write to the kernel comes before the reply, so a killed process loses nothing.
    `appendfsync ${durability === 'durable' ? 'always' : 'everysec'}`,
    'aof-use-rdb-preamble yes',
    'aof-load-truncated yes',
    'stop-writes-on-bgsave-error no',
    `min-replicas-to-write ${fencedReplicas}`,
    'min-replicas-max-lag 10',
    `user ${replicationUser} off >${password} +psync +replconf +ping`,
    `masteruser ${replicationUser}`,
    `masterauth ${password}`,
    'repl-diskless-sync yes',
    'repl-diskless-sync-delay 0',
    'repl-diskless-load disabled',
    'repl-backlog-size 8mb',
    'repl-timeout 5',
    'repl-ping-replica-period 1',
    'client-output-buffer-limit replica 64mb 32mb 30',
  ]);
}
