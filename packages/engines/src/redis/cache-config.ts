import { renderRedisConfig } from './redis-config.ts';

/** A region's cache: least recently used goes first, nothing on disk. */
export function renderCacheConfig(server: { address: string; port: number; password: string }): string {
  return renderRedisConfig(server, ['maxmemory 64mb', 'maxmemory-policy allkeys-lru', 'appendonly no']);
}
