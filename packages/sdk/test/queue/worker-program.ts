import { setTimeout as sleep } from 'node:timers/promises';
import { readQueues, readSqlDoors } from '../../src/identity.ts';
import { createQueueConsumer } from '../../src/queue/consumer.ts';
import { createSql } from '../../src/sql.ts';
import { applyVotes } from './votes.ts';

/** A worker process for tests that kill or freeze it; PAUSE_MS makes it linger in every transaction. */
const pauseMs = Number(process.env.PAUSE_MS ?? '0');
createQueueConsumer({
  queues: readQueues(),
  sql: createSql(readSqlDoors()),
  handlers: {
    vote: async (transaction, entries) => {
      await applyVotes(transaction, entries);
      console.log(`applies ${entries.length}`);
      await sleep(pauseMs);
    },
  },
});
