import type { UnitFile } from '@alwayson/protocol/units.ts';

/** Of the one database of an environment; its name in every repository. */
export const stanza = 'main';
export const backupConfiguration = 'pgbackrest.conf';

export interface BackupFilesInput {
  /** The folder of the server's unit, absolute. */
  folder: string;
  port: number;
  /** Of the repositories, absolute, in the order of their numbers from 1. */
  repositories: readonly string[];
  /** What everything in them is encrypted with. */
  cipherPass: string;
  retentionDays: number;
}

/** The configuration of pgBackRest beside a server's data folder. The same repositories for every server: whoever writes archives there. */
export function renderBackupFiles(input: BackupFilesInput): UnitFile[] {
  return [{ path: backupConfiguration, content: renderConfiguration(input), mode: 0o600 }];
}

function renderConfiguration(input: BackupFilesInput): string {
  const { folder, port, repositories, cipherPass, retentionDays } = input;
  const each = repositories.map((path, index) => {
    const repo = `repo${index + 1}`;
    return `${repo}-path=${path}
${repo}-cipher-type=aes-256-cbc
${repo}-cipher-pass=${cipherPass}
${repo}-retention-full-type=time
${repo}-retention-full=${retentionDays}
${repo}-bundle=y`;
  });
  return `# Written by AlwaysOn; changes are overwritten.
[global]
${each.join('\n')}
compress-type=zst
compress-level=1
process-max=1
start-fast=y
archive-timeout=60
# A repository that takes nothing must not fill the server's disk: beyond this, the log is given up and the next backup begins anew.
archive-push-queue-max=1GiB
lock-path=${folder}/pgbackrest
log-level-file=off
log-level-console=warn

[${stanza}]
pg1-path=${folder}/data
pg1-port=${port}
pg1-user=postgres
`;
}

/** For `archive_command`: one finished file of the log to every repository. */
export function renderArchiveCommand(program: string, folder: string): string {
  return `${program} --config=${folder}/${backupConfiguration} --stanza=${stanza} archive-push "%p"`;
}
