import { resolve } from 'node:path';
import { readIdentity } from '@alwayson/sdk/identity.ts';
import { createLog } from '@alwayson/sdk/log-line.ts';
import { createReadiness } from '@alwayson/sdk/readiness.ts';
import { exitOnFailure, serve } from '@alwayson/sdk/serve.ts';
import { warmUp } from '@alwayson/sdk/warm-up.ts';
import { readDocument } from './document.ts';
import { createWebServer } from './web-server.ts';

async function main(): Promise<void> {
  const identity = readIdentity();
  const buildDir = resolve(
    identity.buildDir ??
      exitOnFailure('ALWAYSON_BUILD_DIR is not set: name the folder that build.ts filled.'),
  );
  const document = await readDocument(buildDir).catch(() =>
    exitOnFailure(`There is no built front end in ${buildDir}: run build.ts first.`),
  );
  const log = createLog(identity.unit);
  const readiness = createReadiness();
  const server = await createWebServer({ identity, readiness, log, buildDir, document });
  await serve(server, { identity, readiness, log, warm: () => warmUp(server, { paths: ['/'] }) });
}

main().catch(exitOnFailure);
