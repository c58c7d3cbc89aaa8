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
  /** Results in a row that are bad (positive) or good (negative), as far as they decide anything. */
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

/**
 * The columns of an evaluation. Those of the last one are shared until something in them changes: most signals say what they said
 * before, and copying everything was half of the cost.
 */
export class SignalEditor {
  readonly columns: SignalColumns;
  readonly #before: SignalColumns;

  constructor(before: SignalColumns) {
    this.#before = before;
    // These change with every result.
    this.columns = {
      ...before,
      sampledAt: before.sampledAt.slice(),
      knownAt: before.knownAt.slice(),
    };
  }

  set<K extends keyof SignalRow>(name: K, index: number, value: SignalRow[K]): void {
    const column: SignalRow[K][] = this.columns[name];
    if (column[index] === value) return;
    if (column === this.#before[name]) {
      const copy: SignalRow[K][] = column.slice();
      copy[index] = value;
      this.columns[name] = copy as SignalColumns[K];
    } else column[index] = value;
  }

  writeRow(index: number, row: Readonly<SignalRow>): void {
    const { columns } = this;
    columns.sampledAt[index] = row.sampledAt;
    columns.knownAt[index] = row.knownAt;
    this.set('value', index, row.value);
    this.set('stable', index, row.stable);
    this.set('stableSince', index, row.stableSince);
    this.set('confirmed', index, row.confirmed);
    this.set('badRun', index, row.badRun);
    this.set('severeRun', index, row.severeRun);
    this.set('recent', index, row.recent);
    this.set('said', index, row.said);
    this.set('felt', index, row.felt);
    this.set('reason', index, row.reason);
    this.set('cause', index, row.cause);
    this.set('observer', index, row.observer);
  }
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
