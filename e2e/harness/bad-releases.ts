import { type Edits, replacing } from './release-folder.ts';

export interface BadRelease {
  name: string;
  edits: Edits;
  /** What the reason for taking it back must speak of. */
  because: RegExp;
  /** In which phase it is found at the latest. */
  foundBy: 'prepare' | 'place' | 'smoke' | 'traffic';
}

/** Answers users only: what we ask ourselves is marked, and this release knows how to behave. */
const misbehaveToUsers = (body: string) => `
import { Server } from 'node:http';
const emit = Server.prototype.emit;
Server.prototype.emit = function (name, request, response) {
  const answer = () => emit.call(this, name, request, response);
  const isOurs = name !== 'request' || /^\\/(livez|readyz|metrics)/.test(request.url);
  if (isOurs || request.headers['x-alwayson-synthetic'] !== undefined || request.headers['x-alwayson-stamp'] !== undefined)
    return emit.apply(this, arguments);
  ${body}
  return answer();
};
`;
const fail = 'request.resume(); response.writeHead(500).end("broken"); return true;';

const withFault = (text: string): Edits => ({
  'fault.mjs': () => text,
  'alwayson.config.ts': replacing(
    "command: ['node', 'api/src/main.ts']",
    "command: ['node', '--import', './fault.mjs', 'api/src/main.ts']",
  ),
});

/** Releases that are bad in a way of their own. */
export const badReleases: readonly BadRelease[] = [
  {
    name: 'crashes at start',
    edits: withFault('process.exit(3);'),
    because: /ended \d+ times|not ready/,
    foundBy: 'place',
  },
  {
    name: 'fails its smoke test',
    edits: withFault(`
import { Server } from 'node:http';
const emit = Server.prototype.emit;
Server.prototype.emit = function (name, request, response) {
  if (name === 'request' && request.url.includes('catalogitem?limit')) { ${fail} }
  return emit.apply(this, arguments);
};
`),
    because: /smoke|list-items|500/,
    foundBy: 'smoke',
  },
  {
    name: 'fails 30 % only under real traffic',
    edits: withFault(misbehaveToUsers(`if (Math.random() < 0.3) { ${fail} }`)),
    because: /success/,
    foundBy: 'traffic',
  },
  {
    name: 'is three times slower',
    edits: withFault(
      misbehaveToUsers('const startedAt = performance.now(); setTimeout(answer, 40); return true;'),
    ),
    because: /latency/,
    foundBy: 'traffic',
  },
  {
    name: 'leaks memory',
    edits: withFault(misbehaveToUsers('(globalThis.kept ??= []).push(Buffer.alloc(8e6, 1));')),
    because: /memory|restarts/,
    foundBy: 'traffic',
  },
  {
    name: 'breaks only in one region',
    edits: withFault(
      misbehaveToUsers(`if (process.env.ALWAYSON_REGION === 'east' && Math.random() < 0.5) { ${fail} }`),
    ),
    because: /success/,
    foundBy: 'traffic',
  },
  {
    name: 'breaks the worker only',
    edits: {
      'worker/src/handlers.ts': replacing(
        'return (transaction, entries) =>\n    apply[type](',
        'return async (transaction, entries) =>\n    (await new Promise(() => setTimeout(() => {}, 3_600_000)), apply[type])(',
      ),
    },
    because: /queue/,
    foundBy: 'traffic',
  },
  {
    name: 'has a bad migration',
    edits: { 'db/migrations/0099_bad.sql': () => 'ALTER TABLE catalog_item DROP COLUMN description;\n' },
    because: /description|0099_bad/,
    foundBy: 'prepare',
  },
];
