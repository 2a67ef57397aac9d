/**
 * A receiver that accepts everything at once, in its own process; reports on request how many
 * bodies it has accepted.
 */
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
