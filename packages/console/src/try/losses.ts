import type { Status, StatusUnit } from '@alwayson/protocol/status.ts';
import type { UnitKind } from '@alwayson/protocol/words.ts';

/** What is left when some units die, told by the kind of what is lost. Pure. */

interface Loss {
  units: readonly StatusUnit[];
  region: string;
  /** Everything that runs now and survives. */
  left: readonly { unit: StatusUnit; region: string }[];
  status: Status;
}

/** One sentence for every kind of unit lost, the gravest first. Units that do not run are lost already. */
export function describeLosses(target: readonly StatusUnit[], status: Status): string[] {
  const targeted = new Set(target.map((unit) => unit.id));
  const running = listRunning(status);
  const lost = running.filter(({ unit }) => targeted.has(unit.id));
  const left = running.filter(({ unit }) => !targeted.has(unit.id));
  const sentences = lossOrder.map((kind) => {
    const units = lost.filter(({ unit }) => toLossKind(unit) === kind);
    const region = units[0]?.region;
    if (region === undefined) return '';
    return describeLoss[kind]({ units: units.map(({ unit }) => unit), region, left, status });
  });
  return sentences.filter(Boolean);
}

type LossKind = Exclude<UnitKind, 'stamp-agent' | 'component'> | 'stamp';

function toLossKind(unit: StatusUnit): LossKind {
  return unit.kind === 'stamp-agent' || unit.kind === 'component' ? 'stamp' : unit.kind;
}

const lossOrder: readonly LossKind[] = [
  'stamp',
  'gateway',
  'postgres',
  'pgbouncer',
  'redis-queue',
  'redis-cache',
  'gateway-agent',
  'observer',
  'control-plane',
];

const describeLoss: Record<LossKind, (loss: Loss) => string> = {
  stamp: describeStampLoss,
  gateway: ({ left }) =>
    left.some(({ unit }) => unit.kind === 'gateway')
      ? 'What is in flight on this gateway’s own connections at that instant is lost; the other gateway takes new connections at once.'
      : 'No gateway is left: the front door refuses connections until one is back.',
  postgres: describePostgresLoss,
  pgbouncer(loss) {
    if (!hasStampsLeft(loss)) return '';
    return hasLeft(loss, 'pgbouncer')
      ? 'SQL of this region goes through its other PgBouncer.'
      : 'No PgBouncer is left in this region: its stamps cannot reach the database until one is back.';
  },
  'redis-queue'(loss) {
    if (!hasStampsLeft(loss)) return '';
    return hasLeft(loss, 'redis-queue')
      ? 'Queued writes of this region go on with one copy after at most about 1 s, shown as degraded. Nothing acknowledged is lost.'
      : 'No queue is left in this region: its queued writes are refused or wait until it is back. Nothing acknowledged is lost.';
  },
  'redis-cache': (loss) =>
    hasStampsLeft(loss)
      ? 'Reads of this region go to the database until the cache is back: slower, not wrong.'
      : '',
  'gateway-agent': ({ left, region }) =>
    left.some((each) => each.unit.kind === 'gateway' && each.region === region)
      ? 'Traffic is not touched: the gateway keeps the routes that it has.'
      : '',
  observer: () => 'The measured availability has a gap in its coverage until the observer is back.',
  'control-plane': () =>
    'The workload goes on without it. This console stands still until the witness host has started it again.',
};

function describeStampLoss({ left }: Loss): string {
  return left.some(({ unit }) => unit.stamp !== undefined)
    ? 'The gateways send the traffic to the other stamps; safe requests that were in flight are tried again there.'
    : 'No stamp is left: every request fails until one is back.';
}

function describePostgresLoss({ units, left, status }: Loss): string {
  const ids = new Set(units.map((unit) => unit.id));
  const members = status.database.members;
  const lost = members.filter((member) => ids.has(member.id));
  const sync = members.find((member) => member.sync && left.some(({ unit }) => unit.id === member.id));
  if (lost.some((member) => member.role === 'primary')) {
    return sync === undefined
      ? 'The database writer goes and no synchronous copy is left: writes to the database stop until one of them is back or another region is made the writer. Writes that go through a queue wait in the queues that are left.'
      : `It is the database writer: ${sync.id} is promoted, writes pause for about 2 s at most and nothing acknowledged is lost. The old writer comes back as a standby.`;
  }
  if (!members.some((member) => member.role === 'primary' && member.state !== 'unhealthy')) {
    return 'The database has no writer now. Losing one more copy may leave it without one until a copy is back.';
  }
  if (lost.some((member) => member.sync)) {
    return 'It holds the second copy of every database write: writes go on with one copy after at most about 1 s, shown as degraded, until there is a second again.';
  }
  return 'A standby of the database goes: writes go on, and it catches up when it is back.';
}

function hasLeft({ left, region }: Loss, kind: UnitKind): boolean {
  return left.some((each) => each.region === region && each.unit.kind === kind);
}

function hasStampsLeft({ left, region }: Loss): boolean {
  return left.some((each) => each.region === region && each.unit.stamp !== undefined);
}

function listRunning(status: Status): { unit: StatusUnit; region: string }[] {
  const zones = status.regions.flatMap((region) =>
    region.zones.map((zone) => ({ zone, region: region.name })),
  );
  return [...zones, { zone: status.witness, region: 'witness' }].flatMap(({ zone, region }) =>
    zone.units.filter((unit) => unit.pid !== null).map((unit) => ({ unit, region })),
  );
}
