/** A receiver that takes everything at once, in a process of its own; says on request how many bodies it has taken. */
import { createServer } from 'node:http';

let taken = 0;
const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    taken++;
    response.end();
  });
});
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => process.send?.('ready'));
process.on('message', () => process.send?.(taken));
process.on('disconnect', () => process.exit());
