import { expect, test } from 'vitest';
import { describeFailures, failuresOf, type OpenLoop, startOpenLoop } from '../harness/open-loop.ts';
import { createReleaseFolder, type Edits, replacing, withProgram } from '../harness/release-folder.ts';
import { followPhases } from '../harness/rollout-phases.ts';
import { deployUnderLoad, useReleases } from '../harness/use-releases.ts';

const program = withProgram([10, 100], 10);
const releases = useReleases(program);

const newFlow = `    {
      name: 'list-items-2',
      criticality: 'high',
      requests: [{ path: '/catalogservice/api/2.0/catalogitem' }],
      path: ['api', 'cache', 'database'],
      objective: { availability: 99.95, latencyP99Ms: 300 },
      probe: { path: '/catalogservice/api/2.0/catalogitem?limit=5' },
    },
`;
/** The next release knows the API's version 2.0 too. */
const withVersion2: Edits = {
  'api/src/api-version.ts': replacing("const versions = ['1.0']", "const versions = ['1.0', '2.0']"),
  'alwayson.config.ts': replacing(
    "    {\n      name: 'list-items',",
    `${newFlow}    {\n      name: 'list-items',`,
  ),
};

test('two versions of the API side by side: who asks for the new one meets new stamps only, from the first step on', async () => {
  const { environment } = releases;
  const url = environment.frontDoor;
  const path = '/catalogservice/api/2.0/catalogitem?limit=5';
  expect((await fetch(`${url}${path}`)).status).toBe(404);
  const folder = await createReleaseFolder(program);
  await folder.edit(withVersion2);
  let load: OpenLoop | undefined;
  try {
    const { report, outside } = await deployUnderLoad(releases, {
      name: 'a second version of the API',
      path: folder.path,
      args: ['--version', 'two-apis'],
      meanwhile: () =>
        followPhases(environment, {
          before: undefined,
          async onPhase(phase) {
            if (phase === 'bake')
              load ??= startOpenLoop({ url, requestsPerSecond: 20, next: () => ({ path }) });
          },
        }),
    });
    const asked = (await load?.stop()) ?? [];
    expect(report).toMatchObject({ state: 'succeeded', live: 'two-apis' });
    expect(describeFailures(outside.failed)).toBe('');
    expect(asked.length).toBeGreaterThan(300);
    expect(describeFailures(failuresOf(asked))).toBe('');
    process.stdout.write(`FIGURE version 2.0 beside 1.0: 0 of ${asked.length} requests for it failed\n`);
  } finally {
    await load?.stop();
    await folder.remove();
  }
});
