import { unknown } from './state-code.ts';

/** One signal. Everything that is a state is a state code; times are ms since the epoch, -1 for never. */
export interface SignalRow {
  /** Of the last result. */
  sampledAt: number;
  /** Of the last result that told something, and the value that it told. */
  knownAt: number;
  value: number;
  /** After debounce; unknown until the first is established. */
  stable: number;
  stableSince: number;
  /** 1 when the evidence after a silence agrees with `stable`, or has established another. */
  confirmed: number;
  /** Results in a row that are bad (positive) or good (negative). */
  badRun: number;
  /** The same for unhealthy and anything better. */
  severeRun: number;
  /** The last results, two bits each, the newest lowest; only for rules that ask for n of m. */
  recent: number;
  /** What it says by itself, -1 before it was ever known; and what its entity feels: the same, or what it is held in while it flaps. */
  said: number;
  felt: number;
  reason: string;
  /** The entity that the last result named as the cause, if any. */
  cause: string;
  observer: string;
}

export type SignalColumns = { [K in keyof SignalRow]: SignalRow[K][] };

export const unseenSignal: Readonly<SignalRow> = {
  sampledAt: -1,
  knownAt: -1,
  value: 0,
  stable: unknown,
  stableSince: -1,
  confirmed: 0,
  badRun: 0,
  severeRun: 0,
  recent: 0,
  said: -1,
  felt: unknown,
  reason: '',
  cause: '',
  observer: '',
};

type Cell = number | string;

/** All columns anew, by name. */
export function mapColumns(column: (name: keyof SignalRow) => Cell[]): SignalColumns {
  const names = Object.keys(unseenSignal) as (keyof SignalRow)[];
  return Object.fromEntries(names.map((name) => [name, column(name)])) as unknown as SignalColumns;
}

export function copyColumns(columns: SignalColumns): SignalColumns {
  return mapColumns((name) => columns[name].slice());
}

/** Loads one signal into `row`, which is used again and again: thousands of them are read at every evaluation. */
export function readRow(columns: SignalColumns, index: number, row: SignalRow): void {
  row.sampledAt = columns.sampledAt[index] ?? unseenSignal.sampledAt;
  row.knownAt = columns.knownAt[index] ?? unseenSignal.knownAt;
  row.value = columns.value[index] ?? unseenSignal.value;
  row.stable = columns.stable[index] ?? unseenSignal.stable;
  row.stableSince = columns.stableSince[index] ?? unseenSignal.stableSince;
  row.confirmed = columns.confirmed[index] ?? unseenSignal.confirmed;
  row.badRun = columns.badRun[index] ?? unseenSignal.badRun;
  row.severeRun = columns.severeRun[index] ?? unseenSignal.severeRun;
  row.recent = columns.recent[index] ?? unseenSignal.recent;
  row.said = columns.said[index] ?? unseenSignal.said;
  row.felt = columns.felt[index] ?? unseenSignal.felt;
  row.reason = columns.reason[index] ?? unseenSignal.reason;
  row.cause = columns.cause[index] ?? unseenSignal.cause;
  row.observer = columns.observer[index] ?? unseenSignal.observer;
}

export function writeRow(columns: SignalColumns, index: number, row: Readonly<SignalRow>): void {
  columns.sampledAt[index] = row.sampledAt;
  columns.knownAt[index] = row.knownAt;
  columns.value[index] = row.value;
  columns.stable[index] = row.stable;
  columns.stableSince[index] = row.stableSince;
  columns.confirmed[index] = row.confirmed;
  columns.badRun[index] = row.badRun;
  columns.severeRun[index] = row.severeRun;
  columns.recent[index] = row.recent;
  columns.said[index] = row.said;
  columns.felt[index] = row.felt;
  columns.reason[index] = row.reason;
  columns.cause[index] = row.cause;
  columns.observer[index] = row.observer;
}
