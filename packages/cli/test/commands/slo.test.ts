import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SloReport } from '@alwayson/protocol/slo.ts';
import { expect, onTestFinished, test } from 'vitest';
import { startMarkedProcess } from '../support/marked-process.ts';
import { runCli } from '../support/run-cli.ts';
import { createSampleEnvironment } from '../support/sample-environment.ts';
import { createSloReport } from '../support/sample-slo.ts';
import { createStateDir } from '../support/scratch.ts';

/** A control plane that knows one page. */
async function startEnvironment(): Promise<string> {
  const stateDir = createStateDir();
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/api/slo' ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(createSloReport()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await createSampleEnvironment(stateDir, {
    frontDoor: 18_231,
    console: (server.address() as AddressInfo).port,
  });
  await startMarkedProcess(stateDir);
  return stateDir;
}

test('slo shows the report as a table, as JSON and as OpenSLO', async () => {
  const stateDir = await startEnvironment();
  const [table, json, openSlo] = await Promise.all([
    runCli(['slo'], { stateDir }),
    runCli(['slo', '--json'], { stateDir }),
    runCli(['slo', '--open-slo'], { stateDir }),
  ]);
  expect(table).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('lower bound') });
  expect(SloReport.parse(JSON.parse(json.stdout))).toEqual(createSloReport());
  expect(openSlo.stdout).toMatch(/^apiVersion: openslo\/v1\nkind: DataSource\n/);
  expect(openSlo.stdout).toContain('kind: SLO');
  expect(openSlo.stdout.split('\n---\n').length).toBeGreaterThan(5);
});
