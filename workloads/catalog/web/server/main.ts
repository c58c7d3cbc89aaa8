import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readIdentity } from '@alwayson/sdk/identity.ts';
import { createLog } from '@alwayson/sdk/log-line.ts';
import { createReadiness } from '@alwayson/sdk/readiness.ts';
import { exitOnFailure, serve } from '@alwayson/sdk/serve.ts';
import { warmUp } from '@alwayson/sdk/warm-up.ts';
import { createWebServer } from './web-server.ts';

async function main(): Promise<void> {
  const identity = readIdentity();
  const buildDir = resolve(
    identity.buildDir ??
      exitOnFailure('ALWAYSON_BUILD_DIR is not set: name the folder that build.ts filled.'),
  );
  const html = await readFile(join(buildDir, 'index.html'), 'utf8').catch(() =>
    exitOnFailure(`There is no built front end in ${buildDir}: run build.ts first.`),
  );
  const log = createLog(identity.unit);
  const readiness = createReadiness();
  const server = await createWebServer({ identity, readiness, log, buildDir, html });
  await serve(server, { identity, readiness, log, warm: () => warmUp(server, { paths: ['/'] }) });
}

main().catch(exitOnFailure);
