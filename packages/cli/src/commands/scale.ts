import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { Command } from 'commander';
import type { ControlPlaneClient } from '../client/control-plane-client.ts';
import { askControlPlane } from '../environment/find-environment.ts';
import { findNearestName } from '../manifest/nearest-name.ts';
import { registerCommand } from './register-command.ts';
import { addSwitchEndOptions, findOwner, type SwitchEndOptions } from './switch-options.ts';

export function registerScale(program: Command): void {
  addSwitchEndOptions(
    registerCommand<SwitchEndOptions>(
      program,
      {
        usage: 'scale <target=number...>',
        summary: 'how many stamps a zone, or each zone of a region, is to have',
        example: 'scale west=2 east-1=1',
        details: [
          'Within scale.min and scale.max of the manifest. It answers when that is decided; ./alwayson status shows them come and go.',
          'Refused while a release is on its way, and when those that remain could not carry the load.',
        ].join('\n'),
      },
      async (io, options, args) => {
        const targets = toTargets(args);
        const { reason } = options;
        const request = { targets, owner: findOwner(options), ...(reason ? { reason } : {}) };
        const answer = await askControlPlane(io.env, async (client) => {
          try {
            return await client.scale(request);
          } catch (error) {
            throw await withNearestPlace(error, Object.keys(targets), client);
          }
        });
        io.result(answer, answer.message);
      },
    ),
  );
}

/** `west=2 east-1=1` */
function toTargets(args: readonly string[]): Record<string, number> {
  const targets: Record<string, number> = {};
  for (const arg of args) {
    const [, name, count] = /^([^=]+)=(\d+)$/.exec(arg) ?? [];
    if (name === undefined || Number(count) < 1)
      throw new AlwaysOnError('AON_USAGE', `${arg} is not ZONE=N or REGION=N with N from 1.`);
    if (name in targets) throw new AlwaysOnError('AON_USAGE', `${name} is named twice.`);
    targets[name] = Number(count);
  }
  return targets;
}

async function withNearestPlace(
  error: unknown,
  names: readonly string[],
  client: ControlPlaneClient,
): Promise<unknown> {
  if (!(error instanceof AlwaysOnError) || error.code !== 'AON_NOT_FOUND') return error;
  const status = await client.status().catch(() => undefined);
  const known = (status?.regions ?? []).flatMap(({ name, zones }) => [
    name,
    ...zones.map((zone) => zone.name),
  ]);
  const hints = names
    .filter((name) => !known.includes(name))
    .map((name) => findNearestName(name, known))
    .filter((meant) => meant !== undefined);
  if (hints.length === 0) return error;
  return new AlwaysOnError(error.code, `${error.message} Did you mean ${hints.join(', ')}?`);
}
