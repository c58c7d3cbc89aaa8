import { demandHeadroom, type Shortfall } from '@alwayson/core/switches/can-carry.ts';
import type { Switch, SwitchTarget } from '@alwayson/protocol/switches.ts';

/** Sentences about switches, for events, operations and answers. */
export function describeTarget({ kind, name }: SwitchTarget): string {
  return `${kind} ${name}`;
}

const conditions = { off: 'off', drain: 'draining', maintenance: 'under maintenance' } as const;

/** `stamp west-1-abcdef is off until 2026-01-01T10:00:00.000Z, by kim: new disk.` */
export function describeSwitch(item: Switch): string {
  const until = item.until === undefined ? '' : ` until ${item.until}`;
  const condition = conditions[item.action];
  return `${describeTarget(item.target)} is ${condition}${until}, by ${item.owner}: ${item.reason}.`;
}

export function describeRepeat(item: Switch): string {
  const since = `${conditions[item.action]} already, since ${item.since}`;
  return `Nothing to do: ${describeTarget(item.target)} is ${since}, by ${item.owner}: ${item.reason}.`;
}

export function titleOfSwitch({ target, action }: Pick<Switch, 'target' | 'action'>): string {
  const what = describeTarget(target);
  if (action === 'maintenance') return `Start maintenance of ${what}`;
  return action === 'off' ? `Take ${what} off` : `Drain ${what}`;
}

export function titleOfEnd({ target, action }: Pick<Switch, 'target' | 'action'>): string {
  const what = describeTarget(target);
  return action === 'maintenance' ? `End maintenance of ${what}` : `Put ${what} back`;
}

/** One sentence a kind of shortfall. */
export function describeShortfalls(target: SwitchTarget, shortfalls: readonly Shortfall[]): string {
  const named = (kind: Shortfall['kind']) =>
    shortfalls
      .filter((shortfall) => shortfall.kind === kind)
      .map(({ component }) => component)
      .join(', ');
  const without = `Without ${describeTarget(target)}`;
  const left = named('none-left');
  const serving = named('none-serving');
  const small = shortfalls.flatMap((shortfall) =>
    shortfall.kind === 'too-small'
      ? [
          `${shortfall.component} could carry ${toRate(shortfall.capacity)} requests a second, and ` +
            `${toRate(shortfall.demand * demandHeadroom)} are needed (${toRate(shortfall.demand)} measured in the last minute, and a tenth more)`,
        ]
      : [],
  );
  return [
    ...(left === '' ? [] : [`${without} no stamp would be left for ${left}.`]),
    ...(serving === '' ? [] : [`${without} no stamp that is known to serve would be left for ${serving}.`]),
    ...(small.length === 0 ? [] : [`${without} ${small.join('; ')}.`]),
  ].join(' ');
}

function toRate(requestsPerSecond: number): string {
  return String(Math.round(requestsPerSecond * 10) / 10);
}
