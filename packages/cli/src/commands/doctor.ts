import type { Command } from 'commander';
import { findStateFolder } from '../environment/state-folder.ts';
import type { Painter } from '../output/terminal.ts';
import { renderTable } from '../output/text-table.ts';
import { checkPrerequisites, type Finding, isFailure } from '../prerequisites/check-prerequisites.ts';
import { listPrograms, listResources } from '../prerequisites/prerequisites.ts';
import { type GlobalOptions, registerCommand } from './register-command.ts';

export function registerDoctor(program: Command): void {
  registerCommand<GlobalOptions>(
    program,
    {
      usage: 'doctor',
      summary: 'check what this machine needs, and say how to get it',
      example: 'doctor --json',
      details: 'Exit code 1 when something is missing.',
    },
    async (io) => {
      const { path } = findStateFolder(io.env);
      const findings = await checkPrerequisites([...listPrograms(), ...listResources(path)]);
      const isOk = !findings.some(isFailure);
      io.result({ ok: isOk, prerequisites: findings }, renderFindings(findings, io.out));
      if (!isOk) process.exitCode = 1;
    },
  );
}

function renderFindings(findings: readonly Finding[], { paint }: Painter): string {
  const table = renderTable(
    findings.map(({ state, name, found, needed, onlyFor }) => [
      state,
      name,
      found ?? '-',
      `needed: ${needed}${onlyFor ? `, only for ${onlyFor}` : ''}`,
    ]),
    '',
  );
  const lines = findings.flatMap((finding, index) => {
    const line = table[index] ?? '';
    if (finding.state === 'ok') return [line];
    const { debian, fedora, macos } = finding.fix;
    const fixes = renderTable(
      [
        ['Debian, Ubuntu', debian],
        ['Fedora', fedora],
        ['macOS', macos],
      ],
      '      ',
    );
    return [paint(finding.onlyFor ? 'yellow' : 'red', line), ...fixes];
  });
  const missing = findings.filter(isFailure).length;
  return [
    ...lines,
    '',
    missing === 0 ? 'Everything needed is here.' : `${missing} of ${findings.length} need attention.`,
  ].join('\n');
}
