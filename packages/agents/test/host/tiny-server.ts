/** A unit to supervise: an HTTP server whose behaviour its environment chooses. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const { HOST, PORT, MODE = '' } = process.env;

if (MODE === 'crash') {
  console.log('about to crash');
  process.exit(7);
}
if (MODE === 'child') {
  setInterval(() => {}, 60_000);
} else {
  if (MODE === 'deaf') process.on('SIGTERM', () => console.log('SIGTERM ignored'));
  if (MODE === 'forking') {
    // As PostgreSQL's backends: a session of its own, and no trace left in its environment.
    const child = spawn(process.execPath, [import.meta.filename], {
      detached: true,
      stdio: ['ignore', 1, 2],
      env: { MODE: 'child' },
    });
    console.log(`child ${child.pid}`);
  }
  if (MODE === 'chatty') setInterval(() => console.log(`tick ${Date.now()}`), 20);
  process.on('SIGHUP', () => console.log(`reloaded ${readFileSync('config.txt', 'utf8')}`));

  createServer((request, response) => {
    if (request.url === '/env') return response.end(JSON.stringify(process.env));
    response.statusCode = existsSync('sick') ? 503 : 200;
    return response.end(String(process.pid));
  }).listen({ host: HOST, port: Number(PORT) }, () => console.log(`listening, pid ${process.pid}`));
}
