import type { GateCheck } from '@alwayson/protocol/releases.ts';
import { medianOf } from '../shares/compare-samples.ts';
import type { GateUnit } from './gate-evidence.ts';

const excessBytesMin = 48 * 1024 * 1024;

/** Whether candidates end by themselves: twice, or once and not back yet. What a zone did to both releases is nobody's fault. */
export function judgeRestarts(units: readonly GateUnit[]): GateCheck {
  const name = 'restarts';
  const restarted = units
    .filter(({ side, restarts }) => side === 'candidate' && restarts > 0)
    .map((unit) => ({ ...unit, beside: countBeside(unit, units) }))
    .toSorted((a, b) => b.restarts - b.beside - (a.restarts - a.beside));
  const [worst] = restarted;
  if (worst === undefined) return { name, verdict: 'pass', text: 'no unit of the new release restarted' };
  const { component, stamp, restarts, beside, isReady } = worst;
  const own = restarts - beside;
  const state = isReady ? '' : ' and is not ready';
  const text = `${component} of ${stamp} restarted ${toTimes(restarts)}${state}, beside ${toTimes(beside)} of the old release`;
  return { name, verdict: own >= 2 || (own === 1 && !isReady) ? 'fail' : 'pass', text };
}

/** Of the same component in the same zone. */
function countBeside({ component, zone }: GateUnit, units: readonly GateUnit[]): number {
  const siblings = units.filter(
    (unit) => unit.side === 'live' && unit.component === component && unit.zone === zone,
  );
  return Math.max(0, ...siblings.map(({ restarts }) => restarts));
}

function toTimes(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

/** One check for each component whose memory is known on both sides. */
export function judgeMemory(units: readonly GateUnit[], memoryRatio: number): GateCheck[] {
  const components = [...Map.groupBy(units, ({ component }) => component)];
  return components.flatMap(([component, all]): GateCheck[] => {
    const bytesOf = (side: GateUnit['side']) =>
      all.flatMap((unit) => (unit.side === side ? (unit.memoryBytes ?? []) : []));
    const own = bytesOf('candidate');
    const usual = medianOf(bytesOf('live'));
    if (own.length === 0 || usual === null) return [];
    const most = Math.max(...own);
    const isMore = most >= memoryRatio * usual && most - usual >= excessBytesMin;
    const text = `${component} holds ${toMiB(most)}, beside ${toMiB(usual)}`;
    return [{ name: 'memory', verdict: isMore ? 'fail' : 'pass', text }];
  });
}

function toMiB(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MiB`;
}
