import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createWebServer } from './web-server.ts';

function readVariable(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set.`);
  return value;
}

function log(event: string, facts: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), event, ...facts })}\n`);
}

const closeDeadlineMs = 4_000;

async function main(): Promise<void> {
  const host = readVariable('HOST');
  const port = Number(readVariable('PORT'));
  const buildDir = resolve(readVariable('ALWAYSON_BUILD_DIR'));
  const unit = process.env['ALWAYSON_UNIT'] ?? 'web';
  const region = process.env['ALWAYSON_REGION'] ?? '';
  const html = await readFile(join(buildDir, 'index.html'), 'utf8');
  const server = await createWebServer({ buildDir, html, unit, region });
  await server.listen({ host, port });
  log('listening', { unit, region, host, port });
  process.once('SIGTERM', () => {
    log('stopping', { unit });
    setTimeout(() => process.exit(0), closeDeadlineMs).unref();
    void server.close();
  });
}

try {
  await main();
} catch (error) {
  process.stderr.write(`The web front end cannot start: ${(error as Error).message}\n`);
  process.exit(1);
}
