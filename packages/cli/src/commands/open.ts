import { spawn } from 'node:child_process';
import type { Command } from 'commander';
import { findRunningEnvironment } from '../environment/find-environment.ts';
import { findProgram } from '../prerequisites/find-program.ts';
import { type GlobalOptions, registerCommand } from './register-command.ts';

export function registerOpen(program: Command): void {
  registerCommand<GlobalOptions>(
    program,
    {
      usage: 'open',
      summary: 'open the console in the browser, signed in',
      example: 'open',
      details:
        'Without a desktop, or with --json, it only prints the address. Whoever has it may change things.',
    },
    async (io) => {
      const { console, tokens, frontDoor } = findRunningEnvironment(io.env);
      const url = `${console.url}/login?token=${tokens.operator}`;
      if (!io.json && hasDesktop(io.env)) openInBrowser(url);
      io.result(
        { console: url, frontDoor: frontDoor.url },
        `Console     ${url}\nFront door  ${frontDoor.url}`,
      );
    },
  );
}

function hasDesktop(env: NodeJS.ProcessEnv): boolean {
  return Boolean(env['DISPLAY'] || env['WAYLAND_DISPLAY']) && process.stdout.isTTY;
}

function openInBrowser(url: string): void {
  const opener = findProgram('xdg-open');
  if (!opener) return;
  const child = spawn(opener, [url], { detached: true, stdio: 'ignore' });
  child.once('error', () => undefined);
  child.unref();
}
