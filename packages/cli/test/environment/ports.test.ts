import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { assertPortsFree } from '../../src/environment/ports.ts';
import { createSampleEnvironment } from '../support/sample-environment.ts';
import { startMarkedProcess } from '../support/marked-process.ts';
import { createStateDir } from '../support/scratch.ts';

test('a foreign listener on the front door is named with its pid', async () => {
  const environment = await createSampleEnvironment(createStateDir(), { frontDoor: 18_211, console: 18_212 });
  await assertPortsFree(environment);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(18_211, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  await expect(assertPortsFree(environment)).rejects.toMatchObject({
    code: 'AON_PORT_TAKEN',
    message: expect.stringMatching(
      new RegExp(`Port 18211 .* the front door, is taken by .*pid ${process.pid}\\)`),
    ),
    hint: 'Stop it, or choose another with --port N.',
  });
});

test("a zone's port that is taken is found before anything starts", async () => {
  const environment = await createSampleEnvironment(createStateDir(), { frontDoor: 18_213, console: 18_214 });
  const [, zone] = environment.zones;
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(5432, zone?.address, resolve));
  onTestFinished(() => void server.close());
  await expect(assertPortsFree(environment)).rejects.toThrow(
    /Port 5432 of .*, wanted for zone west-1, is taken by/,
  );
});

test('who listens on the same port of another address is not blamed', async () => {
  const environment = await createSampleEnvironment(createStateDir(), { frontDoor: 18_217, console: 18_218 });
  const near = createServer();
  await new Promise<void>((resolve) => near.listen(18_217, '127.0.0.1', resolve));
  onTestFinished(() => void near.close());
  const elsewhere = await startMarkedProcess(
    createStateDir(),
    `require('net').createServer().listen(18217, '127.208.3.9')`,
  );
  const refusal: unknown = await assertPortsFree(environment).catch((error: unknown) => error);
  expect(String(refusal)).toContain(`pid ${process.pid})`);
  expect(String(refusal)).not.toContain(`pid ${elsewhere.pid})`);
});

test('a listener on the IPv6 form of the address is found', async () => {
  const environment = await createSampleEnvironment(createStateDir(), { frontDoor: 18_219, console: 18_220 });
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(18_219, '::ffff:127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  await expect(assertPortsFree(environment)).rejects.toThrow(`pid ${process.pid})`);
});

test('what the environment itself still holds is no conflict', async () => {
  const stateDir = createStateDir();
  const environment = await createSampleEnvironment(stateDir, { frontDoor: 18_215, console: 18_216 });
  await startMarkedProcess(stateDir, `require('net').createServer().listen(18215, '127.0.0.1')`);
  await assertPortsFree(environment);
});
