import { previewMinutesMax } from '@alwayson/protocol/release-api.ts';
import { previewCookie, previewHeader } from '@alwayson/protocol/routes.ts';
import type { Command } from 'commander';
import { askControlPlane } from '../environment/find-environment.ts';
import { createCountParser } from './events.ts';
import { withNearestRelease } from './hint-release.ts';
import { type GlobalOptions, registerCommand } from './register-command.ts';

interface PreviewOptions extends GlobalOptions {
  minutes: number;
}

export function registerPreview(program: Command): void {
  registerCommand<PreviewOptions>(
    program,
    {
      usage: 'preview <version>',
      summary: 'a token whose requests reach a release that gets no other traffic yet',
      example: 'preview 1.4.0 --minutes 10',
      details:
        'VERSION may also be a digest, its first characters, or a stamp. Its stamps must stand: see ./alwayson status.',
    },
    async (io, { minutes }, [target = '']) => {
      const { preview, url } = await askControlPlane(io.env, async (client, environment) => {
        const ask = () => client.preview({ target, minutes });
        return { preview: await withNearestRelease(client, target, ask), url: environment.frontDoor.url };
      });
      const curl = `curl -H '${previewHeader}: ${preview.token}' ${url}/`;
      const cookie = `document.cookie = '${previewCookie}=${preview.token}; path=/; max-age=${minutes * 60}'`;
      io.result(
        { ...preview, header: previewHeader, cookie: previewCookie, curl },
        [
          preview.token,
          '',
          `Until ${preview.expiresAt}:`,
          `  ${curl}`,
          `In a browser, at ${url}, in the console of its developer tools:`,
          `  ${cookie}`,
        ].join('\n'),
      );
    },
  ).option('--minutes <number>', 'how long it is valid', createCountParser(previewMinutesMax), 30);
}
