import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { Operation } from '@alwayson/protocol/operations.ts';
import type { Status } from '@alwayson/protocol/status.ts';
import type {
  SwitchAction,
  SwitchAnswer,
  SwitchEndRequest,
  SwitchTarget,
  SwitchTargetRequest,
} from '@alwayson/protocol/switches.ts';
import { awaitOperation } from '../client/await-operation.ts';
import type { ControlPlaneClient } from '../client/control-plane-client.ts';
import { toOperationError } from '../client/operation-error.ts';
import { askControlPlane } from '../environment/find-environment.ts';
import { findNearestName } from '../manifest/nearest-name.ts';
import type { CommandIo } from '../output/command-io.ts';
import { findOwner, type SwitchEndOptions, type SwitchOptions, toUntil } from './switch-options.ts';

/** Requests in flight may take some seconds to end, and the control plane gives up by itself before this. */
const deadlineMs = 90_000;

/** Takes something out of service and waits until every gateway has it in force. */
export async function runSwitch(
  io: CommandIo,
  order: { target: SwitchTargetRequest; action: SwitchAction },
  options: SwitchOptions,
): Promise<void> {
  const until = toUntil(options, Date.now());
  const { reason, override = false } = options;
  const request = { ...order, reason, owner: findOwner(options), override, ...(until ? { until } : {}) };
  await run(io, order.target, (client) => client.setSwitch(request));
}

/** Puts something back into service, or ends its maintenance. */
export async function runSwitchEnd(
  io: CommandIo,
  order: { target: SwitchTargetRequest; ends: SwitchEndRequest['ends'] },
  options: SwitchEndOptions,
): Promise<void> {
  const { reason } = options;
  const request = { ...order, owner: findOwner(options), ...(reason ? { reason } : {}) };
  await run(io, order.target, (client) => client.endSwitch(request));
}

async function run(
  io: CommandIo,
  target: SwitchTargetRequest,
  ask: (client: ControlPlaneClient) => Promise<SwitchAnswer>,
): Promise<void> {
  const { answer, operation } = await askControlPlane(io.env, async (client) => {
    const given = await ask(client).catch(async (error: unknown) => {
      throw await withNearestName(error, target, client);
    });
    if (given.operation === null) return { answer: given, operation: null };
    const wait = { deadlineMs, tell: (text: string) => io.note(text) };
    return { answer: given, operation: await awaitOperation(client, given.operation, wait) };
  });
  if (operation !== null && operation.state !== 'succeeded') throw toOperationError(operation);
  io.result({ ...answer, operation }, [answer.message, ...describeUnconfirmed(operation)].join('\n'));
}

/** Gateways that were down cannot confirm; they take what is committed when they are back. */
function describeUnconfirmed(operation: Operation | null): string[] {
  const regions = operation?.result?.['unconfirmedGateways'];
  if (!Array.isArray(regions) || regions.length === 0) return [];
  return [`The gateway of ${regions.join(', ')} is down and takes it when it is back.`];
}

/** A name that is not known becomes a question for the one that was probably meant. */
async function withNearestName(
  error: unknown,
  { kind, name }: SwitchTargetRequest,
  client: ControlPlaneClient,
): Promise<unknown> {
  if (!(error instanceof AlwaysOnError) || error.code !== 'AON_NOT_FOUND' || name === undefined) return error;
  const status = await client.status().catch(() => undefined);
  const known = status === undefined ? [] : listNames(status, kind);
  const meant = findNearestName(name, known) ?? known.find((candidate) => candidate.startsWith(name));
  const zone = status && findZoneOf(status, name);
  const hints = [
    ...(meant === undefined ? [] : [`Did you mean ${meant}?`]),
    ...(zone === undefined
      ? []
      : [`${name} is a unit of zone ${zone}: name the zone, or one of its stamps.`]),
  ];
  return hints.length === 0 ? error : new AlwaysOnError(error.code, `${error.message} ${hints.join(' ')}`);
}

function listNames({ stamps, regions, workload }: Status, kind?: SwitchTarget['kind']): string[] {
  const names = {
    stamp: stamps.map(({ id }) => id),
    zone: regions.flatMap((region) => region.zones.map((zone) => zone.name)),
    region: regions.map((region) => region.name),
    workload: [workload],
  };
  return kind === undefined ? Object.values(names).flat() : names[kind];
}

function findZoneOf({ regions }: Status, unit: string): string | undefined {
  const zones = regions.flatMap((region) => region.zones);
  return zones.find(({ units }) => units.some(({ id }) => id === unit))?.name;
}
