import type { Criticality } from '@alwayson/protocol/words.ts';
import {
  decideShedding,
  firstShedding,
  listRefusals,
  type Refusal,
  type SheddingMemory,
} from './decide-shedding.ts';
import { type FillGateway, type FillStamp, headroom, toLanes } from './fill-lanes.ts';
import type { JudgedStamp } from './judge-stamps.ts';

export interface SheddingPlan {
  memory: SheddingMemory;
  refusals: readonly Refusal[];
  /** Requests per second by `gateway flow` that are left. */
  admitted: Readonly<Record<string, number>>;
}

interface SheddingRound {
  flows: readonly { name: string; criticality: Criticality }[];
  /** Requests per second by `gateway flow` that are asked for. */
  planned: Readonly<Record<string, number>>;
  /** The same by gateway. */
  asked: readonly FillGateway[];
  pool: readonly { judged: JudgedStamp; fill: FillStamp }[];
  /** Nothing can be seen: what is refused stays as it is. */
  isBlind: boolean;
  now: number;
}

/** Which flows are refused in part, and what is left to be spread over the stamps. */
export function planShedding(before: SheddingMemory = firstShedding, round: SheddingRound): SheddingPlan {
  const { flows, planned, asked, pool, isBlind, now } = round;
  const fills = pool.map(({ fill }) => fill);
  const reached = new Set(toLanes(fills, asked).flatMap(({ reach }) => reach));
  const askedOf = (name: string | null) =>
    Object.entries(planned).reduce((sum, [key, value]) => sum + (isOf(key, name) ? value : 0), 0);
  const capacityOf = (tier: FillStamp['tier']) =>
    pool.reduce(
      (sum, { fill, judged }) =>
        sum + (fill.tier === tier && reached.has(fill) && isUsable(judged) ? fill.capacity : 0),
      0,
    );
  const memory = isBlind
    ? before
    : decideShedding(before, {
        flows: flows.map((flow) => ({ ...flow, demand: askedOf(flow.name) })),
        demand: askedOf(null),
        capacity: { good: capacityOf('good'), bad: capacityOf('reserve') },
        headroom,
        now,
      });
  const refusals = listRefusals(memory, flows);
  const admitted = Object.entries(planned).map(([key, value]): [string, number] => {
    const refused = refusals.find(({ flow }) => isOf(key, flow))?.part ?? 0;
    return [key, value * (1 - refused)];
  });
  return { memory, refusals, admitted: Object.fromEntries(admitted) };
}

function isOf(key: string, flow: string | null): boolean {
  return flow === null || key.slice(key.indexOf(' ') + 1) === flow;
}

/** A bad stamp that every gateway has found down carries nothing, whatever its share. */
function isUsable({ evidence: { gateways } }: JudgedStamp): boolean {
  const isDown = ({ servers }: (typeof gateways)[number]) => servers.some(({ state }) => state === 'down');
  return gateways.length === 0 || !gateways.every(isDown);
}
