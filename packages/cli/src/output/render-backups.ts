import type { Backup, BackupsReport, Verification } from '@alwayson/protocol/backups.ts';
import { sayLocalTime } from './say-local-time.ts';
import { saySpan } from './say-span.ts';
import type { Painter } from './terminal.ts';
import { renderTable } from './text-table.ts';

const verificationsShown = 3;

/** How many there are, how old the newest is, what was proven, and each of them. */
export function renderBackups(
  { backups, archive, verifications, retentionDays, trouble }: BackupsReport,
  { paint }: Painter,
  nowMs: number,
): string {
  const age = (time: string | null | undefined) =>
    time == null ? 'never' : `${saySpan(nowMs - Date.parse(time))} ago`;
  const passed = verifications.find((one) => one.passed);
  const facts = [
    ['backups', `${backups.length}, the newest ${age(backups[0]?.endedAt)}, kept for ${retentionDays} days`],
    ['log archived', age(archive.lastAt)],
    ['restored and read', `${age(passed?.at)}${passed === undefined ? '' : `, of ${passed.region}`}`],
  ];
  return [
    trouble === null ? paint('green', 'All is well.') : paint('red', `Trouble: ${trouble}.`),
    ...renderTable(facts),
    '',
    ...renderTable([['backup', 'region', 'type', 'made', 'size', 'note'], ...backups.map(toRow)], ''),
    ...verifications.slice(0, verificationsShown).map(describeVerification),
  ].join('\n');
}

function toRow({ label, region, type, endedAt, bytes, note, hasErrors }: Backup): string[] {
  const remark = hasErrors ? 'damaged pages were found' : (note ?? '');
  return [label, region, type, sayLocalTime(endedAt), sayBytes(bytes), remark];
}

function describeVerification({ at, region, label, passed, steps, reason }: Verification): string {
  const what = `${sayLocalTime(at)}  ${label ?? 'the newest'} of ${region}`;
  if (!passed) return `${what} could not be restored and read: ${(reason ?? '').split('\n')[0]}`;
  return `${what} was restored and read: ${steps.map(({ name, ms }) => `${name} ${ms} ms`).join(', ')}`;
}

function sayBytes(bytes: number): string {
  return bytes < 1024 ** 3 ? `${Math.ceil(bytes / 1024 ** 2)} MiB` : `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
}
