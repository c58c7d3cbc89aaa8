import { userInfo } from 'node:os';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { GlobalOptions } from './register-command.ts';

/** What an order to take something out of service carries. */
export interface SwitchOptions extends GlobalOptions {
  reason: string;
  owner: string;
  for?: number;
  until?: string;
  override?: boolean;
}

export interface OwnerOptions extends GlobalOptions {
  owner: string;
}

export interface SwitchEndOptions extends OwnerOptions {
  reason?: string;
}

const unitsMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const durationMaxMs = 365 * unitsMs.d;

export function addSwitchOptions(command: Command): void {
  command
    .requiredOption('--reason <text>', 'why, for everybody who sees it', parseText)
    .addOption(
      new Option('--for <duration>', 'ends by itself after 90s, 30m, 2h, 1d, 1h30m').argParser(parseDuration),
    )
    .addOption(
      new Option('--until <time>', 'ends by itself then, as 2026-01-31T18:00')
        .argParser(parseTime)
        .conflicts('for'),
    )
    .option('--override', 'also when what remains cannot carry the load; this is logged');
  addOwnerOption(command);
}

export function addSwitchEndOptions(command: Command): void {
  command.option('--reason <text>', 'why', parseText);
  addOwnerOption(command);
}

/** The end of a switch as ISO 8601; undefined when it has none. */
export function toUntil({ for: durationMs, until }: SwitchOptions, nowMs: number): string | undefined {
  return durationMs === undefined ? until : new Date(nowMs + durationMs).toISOString();
}

/** Who is responsible; asked of the system only when not said. */
export function findOwner({ owner }: { owner?: string }): string {
  if (owner !== undefined) return owner;
  try {
    return userInfo().username;
  } catch (cause) {
    const hint = 'Name one with --owner NAME.';
    throw new AlwaysOnError('AON_USAGE', 'The system does not know who you are.', { cause, hint });
  }
}

export function addOwnerOption(command: Command): void {
  command.option('--owner <name>', 'who is responsible (default: your user name)', parseText);
}

/** `90s`, `30m`, `2h`, `1d` or several of them, as milliseconds. */
export function parseDuration(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)([smhd])/g)];
  const isWhole = parts.length > 0 && parts.map(([part]) => part).join('') === text;
  const ms = parts.reduce(
    (sum, [, count, unit]) => sum + Number(count) * unitsMs[unit as keyof typeof unitsMs],
    0,
  );
  if (isWhole && ms >= unitsMs.s && ms <= durationMaxMs) return ms;
  throw new InvalidArgumentError('A duration such as 90s, 30m, 2h, 1d or 1h30m, at most 365d.');
}

function parseTime(text: string): string {
  const ms = Date.parse(text);
  if (/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/.test(text) && !Number.isNaN(ms)) return new Date(ms).toISOString();
  throw new InvalidArgumentError('A time such as 2026-01-31T18:00 (local) or 2026-01-31T17:00:00Z.');
}

function parseText(text: string): string {
  const trimmed = text.trim();
  if (trimmed !== '') return trimmed;
  throw new InvalidArgumentError('It must not be empty.');
}
