import { parseControlData, parseInspection } from '@alwayson/engines/postgres/data-folder.ts';
import { expect, test } from 'vitest';

function controlData(state: string, timeline = 4): string {
  return `pg_control version number:            1300
Database cluster state:               ${state}
Latest checkpoint location:           0/3000028
Latest checkpoint's TimeLineID:       ${timeline}
Latest checkpoint's PrevTimeLineID:   3
`;
}

test('a folder is what it was last run as', () => {
  const kindOf = (state: string) => parseInspection(controlData(state));
  for (const state of ['in production', 'shut down', 'shutting down', 'in crash recovery', 'starting up']) {
    expect(kindOf(state), state).toEqual({ kind: 'primary', timeline: 4 });
  }
  for (const state of ['in archive recovery', 'shut down in recovery']) {
    expect(kindOf(state), state).toEqual({ kind: 'standby', timeline: 4 });
  }
});

test('a copy that was never started is a standby, whatever state it was copied in', () => {
  expect(parseInspection(`copied\n${controlData('in production')}`)).toEqual({
    kind: 'standby',
    timeline: 4,
  });
});

test('an absent folder and a broken one are told apart', () => {
  expect(parseInspection('absent\n')).toEqual({ kind: 'absent' });
  expect(parseInspection('broken\n')).toEqual({ kind: 'broken' });
  expect(parseInspection('damaged\n')).toEqual({ kind: 'broken' });
  expect(parseControlData(controlData('in production', 12))).toEqual({
    state: 'in production',
    timeline: 12,
    checkpoint: '0/3000028',
  });
});
