import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  type GatewayConfig,
  type GatewayConfigOptions,
  renderGatewayConfig,
} from '@alwayson/engines/haproxy/gateway-config.ts';
import { toShares } from '@alwayson/engines/haproxy/gateway-shares.ts';
import { checkHaproxyConfig } from '@alwayson/engines/haproxy/haproxy-command.ts';
import { frozenSessionsScript } from '@alwayson/engines/haproxy/frozen-sessions.ts';
import { unansweredRequestsScript } from '@alwayson/engines/haproxy/unanswered-requests.ts';
import { emptyServersState, renderServersState } from '@alwayson/engines/haproxy/servers-state.ts';
import type { RouteRecord } from '@alwayson/protocol/routes.ts';
import { replaceFile } from '../agent-process/replace-file.ts';

export const adminSocketName = 'admin.sock';
const stateName = 'servers.state';
const scriptName = 'gateway.lua';
const configName = 'haproxy.cfg';
export const poolMapName = 'pools.map';

/** What HAProxy reads in its folder. haproxy.cfg always holds the live truth: a killed HAProxy comes back from it. */
export interface GatewayFiles {
  /** Writes what haproxy.cfg refers to. Comes before everything else. */
  prepare(): Promise<void>;
  render(record: RouteRecord): GatewayConfig;
  /** Writes haproxy.cfg and the map beside it where they differ. `commit` runs when HAProxy has accepted the new text and before it is in place. */
  write(config: GatewayConfig, commit: () => Promise<void>): Promise<void>;
  /** The (epoch, generation) that the file in place was written from, null when there is none. */
  readVersion(): Promise<{ epoch: number; generation: number } | null>;
  /** True when HAProxy could start from the file in place. */
  isUsable(): Promise<boolean>;
  /** What the checks know, for the next reload; forgotten again after it, because it ages. */
  carryState(record: RouteRecord, dump: string): Promise<void>;
  forgetState(): Promise<void>;
}

export type GatewaySettings = Omit<
  GatewayConfigOptions,
  'record' | 'adminSocket' | 'stateFile' | 'scriptFile' | 'mapFile'
>;

export function createGatewayFiles(gatewayDir: string, settings: GatewaySettings): GatewayFiles {
  const configFile = join(gatewayDir, configName);
  const stateFile = join(gatewayDir, stateName);
  const mapFile = join(gatewayDir, poolMapName);
  const read = (file = configFile) => readFile(file, 'utf8').catch(() => null);

  const writeConfig = async (text: string, commit: () => Promise<void>): Promise<void> => {
    if ((await read()) === text) return commit();
    await replaceFile(configFile, text, async (temporary) => {
      await checkHaproxyConfig(gatewayDir, basename(temporary));
      await commit();
    });
  };
  const writeMap = async (text: string): Promise<void> => {
    if ((await read(mapFile)) !== text) await replaceFile(mapFile, text);
  };
  const forgetState = () => replaceFile(stateFile, emptyServersState);

  return {
    async prepare() {
      await replaceFile(join(gatewayDir, scriptName), frozenSessionsScript + unansweredRequestsScript);
      if ((await read(mapFile)) === null) await replaceFile(mapFile, '');
      await forgetState();
    },
    render: (record) =>
      renderGatewayConfig({
        ...settings,
        record,
        adminSocket: adminSocketName,
        stateFile: stateName,
        scriptFile: scriptName,
        mapFile: poolMapName,
      }),
    async write(config, commit) {
      await writeConfig(config.text, commit);
      await writeMap(config.poolMap);
    },
    async readVersion() {
      const found = /^# epoch (\d+), generation (\d+)$/m.exec((await read()) ?? '');
      return found === null ? null : { epoch: Number(found[1]), generation: Number(found[2]) };
    },
    isUsable: () =>
      checkHaproxyConfig(gatewayDir, configName).then(
        () => true,
        () => false,
      ),
    carryState: (record, dump) =>
      replaceFile(stateFile, renderServersState(dump, toShares(record, settings.region))),
    forgetState,
  };
}
