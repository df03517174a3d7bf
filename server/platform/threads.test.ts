import { expect, it } from 'vitest';
import { threadTeam } from './threads.ts';

const program = `
  import { parentPort } from 'node:worker_threads';
  parentPort.on('message', ({ id, order }) => {
    if (order === 'die') process.exit(1);
    if (order !== 'hang') parentPort.postMessage({ id, answer: order.toUpperCase() });
  });`;
const file = new URL(`data:text/javascript,${encodeURIComponent(program)}`);

it('a thread that dies or takes too long fails its orders, and the next ones are answered', async () => {
  const team = threadTeam<string, string>(file, { most: 1, idleMs: 1000, answerMs: 1000 });
  expect(await Promise.all(['a', 'b'].map((order) => team.ask(order)))).toEqual(['A', 'B']);
  for (const order of ['die', 'hang']) {
    await expect(team.ask(order)).rejects.toThrow('a thread ended');
    expect(await team.ask('c')).toBe('C');
  }
  await team.close();
});
